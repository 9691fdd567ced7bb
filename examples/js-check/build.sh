#!/bin/sh
# Needs Node 20 or later. A folder of its own, as init makes it, has runtime.wasm and build.mjs in it; here they would be copies.
set -e
cd "$(dirname "$0")"
template=../../plugins/author/templates/js
rm -f check.wasm
node --check check.js
cp "$template/runtime.wasm" .
node "$template/build.mjs"
rm runtime.wasm
