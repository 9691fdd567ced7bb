#!/bin/sh
# Needs Node 20 or later.
set -e
cd "$(dirname "$0")"
command -v node > /dev/null || { echo "node is not in the PATH: install Node 20 or later, https://nodejs.org" >&2; exit 1; }
rm -f check.wasm
node --check check.js
node build.mjs
