#!/bin/sh
# Makes one file, journal, out of this folder and the packages that it needs. Needs Python 3.11 with pip; ./build.sh FILE
# writes elsewhere.
set -e
cd "$(dirname "$0")"
out=${1:-journal}
python=$(python3 -c 'import sys; print(sys.executable)')
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Only packages in pure Python can be imported from inside one file.
"$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-compile --target "$folder" --no-deps --require-hashes \
	--only-binary=:all: --platform any --implementation py --abi none -r requirements.txt
rm -rf "$folder/bin"
cp ./*.py "$folder"
# Compiled, it starts three times as fast; a Python of another version takes the sources.
"$python" -m compileall -q -b "$folder"
# -I -S: nothing that is installed on the machine is imported, apart from Python's own library.
"$python" -m zipapp "$folder" --python "$python -IS" --main journal:main --compress --output "$out"
