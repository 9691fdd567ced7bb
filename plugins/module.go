// Package plugins runs checks and hooks: it finds modules, asks those that a phase needs, within limits, and
// draws the verdict. It fails closed: a module that is missing, broken, late or talking nonsense refuses the
// trigger just as an error finding does.
//
// It does not know how a module runs. A WASM file (package wasm), a Go value (Native, Func) and whatever comes later
// are the same thing behind Module.
package plugins

import (
	"context"

	"github.com/revsync/revsync/sdk"
)

// Module is one loaded artefact, however it runs. All methods are safe for concurrent use.
type Module interface {
	// Describe says what the module holds. It is cheap: an implementation asks its artefact once, when it loads it. An
	// error means that the module cannot be used, and refuses every phase it was to take part in.
	Describe(ctx context.Context) (sdk.Descriptor, error)
	// Evaluate runs the component named in the request. It returns when ctx ends, as far as the way the module runs
	// allows. Evaluations share no state. host is valid during the call only.
	Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error)
	// Close gives back what the module holds. It may be called twice, and while an evaluation runs, which then fails.
	Close(ctx context.Context) error
}

// Digester is a Module that was loaded from a file.
type Digester interface {
	// Digest is the SHA-256 of the file in hexadecimal.
	Digest() string
}

// Managed is a Module with a manifest. One without runs as it describes itself: every component, in every phase it
// names, with all the rights it asks for, and required. That is meant for code the program was built with.
type Managed interface {
	Manifest() Manifest
}
