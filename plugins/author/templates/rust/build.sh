#!/bin/sh
# Needs the target: rustup target add wasm32-unknown-unknown
set -e
cd "$(dirname "$0")"
command -v cargo > /dev/null || { echo "cargo is not in the PATH: install Rust, https://rustup.rs" >&2; exit 1; }
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}"
cargo build --release --target wasm32-unknown-unknown
cp "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/check.wasm" check.wasm
