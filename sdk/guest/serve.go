// Package guest turns an sdk.Module into a WASM module of the contract revsync.plugin/v1.
//
// Call Serve from init, leave main empty, and build with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o check.wasm .
//
// With -tags=revsync_small the module leaves out package fmt and most of encoding/json, is a fifth smaller and as much
// quicker to load. Findings and statuses then format with %s, %v, %q, %d and %t only, of strings, integers, booleans, errors
// and what has a String method, and evidence holds nil, strings, booleans, int, int64, float64, sdk.Timestamp, []string, []any
// and map[string]any; a mistake shows as "%!" in the text, or refuses. The built-in checks are built so.
//
// On every other platform Serve only remembers the module, so that the same package is tested with plain go test:
// Served returns what was registered, and sdktest.Host stands in for the engine.
package guest

import "github.com/revsync/revsync/sdk"

var served *sdk.Module

// Serve registers the components that this program exports. Call it once, from init: the engine calls the exports
// right after the program's initialisation, main never runs.
func Serve(name, version string, parts ...sdk.Part) {
	served = &sdk.Module{Name: name, Version: version, Parts: parts}
}

// Served returns the module that Serve registered, nil when it was not called.
func Served() *sdk.Module { return served }
