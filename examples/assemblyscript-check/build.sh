#!/bin/sh
# Needs AssemblyScript, which npm install brings; or ASC=path/to/asc ./build.sh
set -e
cd "$(dirname "$0")"
if [ -z "$ASC" ] && [ ! -e node_modules/.bin/asc ]; then
	echo "AssemblyScript is not here: run npm install first, in $PWD" >&2
	exit 1
fi
${ASC:-node_modules/.bin/asc} check.ts -o check.wasm -O --runtime stub --use abort=
