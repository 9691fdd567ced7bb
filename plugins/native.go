package plugins

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/revsync/revsync/sdk"
)

// native is a Go value as a module.
type native struct{ module sdk.Module }

// Native makes a module of Go code that runs inside the engine's process: for programs that embed the engine, and
// for tests. A panic in it becomes an error. Code that does not return when its context ends cannot be stopped; see
// Runner.Review for what happens then.
func Native(m sdk.Module) Module { return native{module: m} }

// Func makes a module with one check, named after the module's last part, that runs before a reverse and in
// preflight. name is the module's, with the author's prefix: Func("acme.release-freeze", f).
func Func(name string, f func(ctx context.Context, r sdk.Request) ([]sdk.Finding, error)) Module {
	check := func(ctx context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) { return f(ctx, *r) }
	part := sdk.Check(lastPart(name), check).Needs(sdk.FactFamilies...)
	return Native(sdk.Module{Name: name, Version: "0", Parts: []sdk.Part{part}})
}

func lastPart(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}

// Describe gives the descriptor that the value holds.
func (n native) Describe(context.Context) (sdk.Descriptor, error) { return n.module.Descriptor(), nil }

// Evaluate calls the component's function.
func (n native) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	return guarded(func() (*sdk.Response, error) { return n.module.Evaluate(ctx, host, req) })
}

// guarded turns a panic into an error: a check that falls over must refuse the trigger and not end the engine.
func guarded(f func() (*sdk.Response, error)) (resp *sdk.Response, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			resp, err = nil, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return f()
}

// Close does nothing.
func (n native) Close(context.Context) error { return nil }
