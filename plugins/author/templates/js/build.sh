#!/bin/sh
# Needs Node 20 or later.
set -e
cd "$(dirname "$0")"
rm -f check.wasm
node --check check.js
node build.mjs
