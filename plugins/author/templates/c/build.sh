#!/bin/sh
# Needs clang and lld, or zig: CC="zig cc" TARGET=wasm32-freestanding ./build.sh
set -e
cd "$(dirname "$0")"
CC="${CC:-clang}"
command -v "${CC%% *}" > /dev/null || { echo "${CC%% *} is not in the PATH: install clang and lld, or zig, with CC and TARGET as $0 says" >&2; exit 1; }
$CC --target="${TARGET:-wasm32}" -Os -nostdlib -Wl,--no-entry -Wl,--strip-all -o check.wasm check.c
