package checks

import (
	"context"
	_ "embed"

	"github.com/revsync/revsync/checks/validators"
	"github.com/revsync/revsync/plugins"
)

//go:generate go run ./rebuild

//go:embed builtin.wasm
var builtin []byte

// Builtin begins to load the built-in checks and returns at once: one WASM module with a component for each, run in
// the interpreter, in a fresh sandbox for each evaluation, like anybody's module. Loading takes some 160 ms beside
// whatever else the program has to do; who asks the module earlier waits for the rest of it. From the start of a process
// to the verdict of all checks it is some 200 ms on two cores, and make bench-plugins measures it. Should it fail, or ctx end
// before, every phase is refused, with the reason. The runner that gets the module closes it.
func Builtin(ctx context.Context) (plugins.Module, error) {
	ctx, stop := context.WithCancel(ctx)
	l := &loading{stop: stop, done: make(chan struct{})}
	go l.load(ctx)
	return l, nil
}

// Native is the same checks as Go code, for programs that embed the engine and would rather not run WASM.
func Native() plugins.Module { return plugins.Native(validators.Module()) }

// Required names the built-in checks for plugins.Options, so that a start that lost one refuses instead of passing.
func Required() []string {
	var names []string
	for _, p := range validators.Parts() {
		names = append(names, validators.Name+"/"+p.Name)
	}
	return names
}
