#!/bin/sh
# Needs clang and lld, or zig: CC="zig cc" TARGET=wasm32-freestanding ./build.sh
set -e
cd "$(dirname "$0")"
${CC:-clang} --target="${TARGET:-wasm32}" -Os -nostdlib -Wl,--no-entry -Wl,--strip-all -o check.wasm check.c
