package wasm

import (
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// The names of the contract's major version.
const (
	importModule   = "revsync_v1"
	exportDescribe = "revsync_v1_describe"
	exportEvaluate = "revsync_v1_evaluate"
	exportInit     = "_initialize"
	exportMemory   = "memory"
)

// checkShape looks at what a module imports and exports, before any of its code runs.
func checkShape(c wazero.CompiledModule) error {
	for _, f := range c.ImportedFunctions() {
		module, name, _ := f.Import()
		if err := checkImport(module, name, f); err != nil {
			return err
		}
	}
	if _, ok := c.ExportedMemories()[exportMemory]; !ok {
		return fmt.Errorf("the module does not export its memory as %q", exportMemory)
	}
	for _, name := range []string{exportDescribe, exportEvaluate} {
		f, ok := c.ExportedFunctions()[name]
		if !ok {
			return fmt.Errorf("the module does not export %s", name)
		}
		if len(f.ParamTypes()) != 0 || len(f.ResultTypes()) != 1 || f.ResultTypes()[0] != api.ValueTypeI32 {
			return fmt.Errorf("export %s must take nothing and return an i32", name)
		}
	}
	return nil
}

func checkImport(module, name string, f api.FunctionDefinition) error {
	if module == wasi_snapshot_preview1.ModuleName {
		return nil // wazero refuses those that preview 1 does not have, when the module is instantiated
	}
	want, ok := hostFunctions[name]
	if module != importModule || !ok {
		return fmt.Errorf("the module imports %s.%s, which this engine does not offer", module, name)
	}
	if !sameTypes(f.ParamTypes(), want.params) || !sameTypes(f.ResultTypes(), want.results) {
		return fmt.Errorf("the module imports %s.%s with other types than the contract's", module, name)
	}
	return nil
}

func sameTypes(a, b []api.ValueType) bool { return string(a) == string(b) }
