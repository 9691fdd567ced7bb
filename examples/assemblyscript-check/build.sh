#!/bin/sh
# Needs AssemblyScript, which npm install brings; or ASC=path/to/asc ./build.sh
set -e
cd "$(dirname "$0")"
${ASC:-npx asc} check.ts -o check.wasm -O --runtime stub --use abort=
