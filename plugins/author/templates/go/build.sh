#!/bin/sh
set -e
cd "$(dirname "$0")"
command -v go > /dev/null || { echo "go is not in the PATH: install Go, https://go.dev/dl" >&2; exit 1; }
# -mod=mod: go.mod is completed as needed, which go test relies on.
GOOS=wasip1 GOARCH=wasm go build -mod=mod -buildmode=c-shared -trimpath -ldflags="-s -w" -o check.wasm .
