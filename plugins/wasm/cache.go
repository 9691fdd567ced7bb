package wasm

import (
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/revsync/revsync/plugins/internal/folder"
)

// openCache opens the folder for compiled modules, nil when there is to be none. wazero keeps what its releases
// compile apart from one another.
func openCache(opts Options) (wazero.CompilationCache, error) {
	if !opts.Compile || opts.CacheDir == "" {
		return nil, nil
	}
	dir, err := folder.Own(opts.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("folder for compiled modules: %w", err)
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("folder for compiled modules: %w", err)
	}
	return cache, nil
}
