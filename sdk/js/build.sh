#!/bin/sh
# Builds the runtime of checks in JavaScript anew. Needs rustc with the target wasm32-unknown-unknown, and clang 14 or later,
# which knows WASM. The same compilers make the same bytes; those of the runtime in the tree were the ones named below.
#   rustc 1.95.0, Debian clang 14.0.6
set -e
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}"
cargo fetch --target wasm32-unknown-unknown
RUSTFLAGS="--remap-path-prefix=$PWD=js"
for sources in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
	RUSTFLAGS="$RUSTFLAGS --remap-path-prefix=$sources=crates"
done
export RUSTFLAGS
export CC_wasm32_unknown_unknown="${CC:-clang}"
cargo build --release --target wasm32-unknown-unknown
install -m 644 "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/revsync_js.wasm" "${1:-../../plugins/author/templates/js/runtime.wasm}"
