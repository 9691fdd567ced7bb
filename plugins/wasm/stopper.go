package wasm

import (
	"context"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// stopper ends a module at a function call once its context has ended. wazero's own check stands at the back edges
// of loops, so that a tree of calls without a loop would run on long after its deadline.
type stopper struct{}

// NewFunctionListener gives all functions the same listener.
func (stopper) NewFunctionListener(api.FunctionDefinition) experimental.FunctionListener {
	return stopper{}
}

// Before panics when the time is over; wazero turns that into the call's error.
func (stopper) Before(ctx context.Context, _ api.Module, _ api.FunctionDefinition, _ []uint64, _ experimental.StackIterator) {
	if err := ctx.Err(); err != nil {
		panic(err)
	}
}

// After does nothing.
func (stopper) After(context.Context, api.Module, api.FunctionDefinition, []uint64) {}

// Abort does nothing.
func (stopper) Abort(context.Context, api.Module, api.FunctionDefinition, error) {}
