package checks

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/revsync/revsync/checks/validators"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/wasm"
)

//go:generate go run ./rebuild

//go:embed builtin.wasm
var builtin []byte

// Builtin loads the built-in checks: one WASM module with four components, run in the interpreter, in a fresh
// sandbox for each evaluation, like anybody's module. Loading takes about 150 ms, which need not be waited for: do
// it beside connecting. The runner that gets the module closes it.
func Builtin(ctx context.Context) (plugins.Module, error) {
	m, err := wasm.Load(ctx, builtin, wasm.Options{})
	if err != nil {
		return nil, fmt.Errorf("load the built-in checks: %w", err)
	}
	return m, nil
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
