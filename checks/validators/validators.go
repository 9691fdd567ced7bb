// Package validators is the list of the built-in checks, as one module.
package validators

import (
	"github.com/revsync/revsync/checks/divergence"
	"github.com/revsync/revsync/checks/oplogwindow"
	"github.com/revsync/revsync/checks/permissions"
	"github.com/revsync/revsync/checks/topology"
	"github.com/revsync/revsync/checks/uniqueindex"
	"github.com/revsync/revsync/checks/versions"
	"github.com/revsync/revsync/checks/wayback"
	"github.com/revsync/revsync/sdk"
)

// Name and Version are those of the built-in module.
const (
	Name    = "revsync.checks"
	Version = "1.0.0"
)

// Parts are the built-in checks, in the order in which they are reported.
func Parts() []sdk.Part {
	return []sdk.Part{permissions.Check(), versions.Check(), topology.Check(), uniqueindex.Check(),
		oplogwindow.Check(), divergence.Check(), wayback.Check()}
}

// Module is the built-in checks as a Go value, for tests and for programs that want no WASM.
func Module() sdk.Module { return sdk.Module{Name: Name, Version: Version, Parts: Parts()} }
