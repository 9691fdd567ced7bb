package wasm

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/revsync/revsync/plugins/internal/folder"
)

// openCache opens the folder for what a module with this digest is compiled to, nil when there is to be none. Each has
// one of its own, whose time says when it was last loaded. wazero keeps what its releases compile apart from one another.
func openCache(opts Options, digest string) (wazero.CompilationCache, error) {
	if !opts.Compile || opts.CacheDir == "" {
		return nil, nil
	}
	dir, err := folder.Own(opts.CacheDir)
	if err == nil {
		dir, err = folder.Own(filepath.Join(dir, digest))
	}
	if err == nil {
		now := time.Now()
		err = os.Chtimes(dir, now, now)
	}
	if err != nil {
		return nil, fmt.Errorf("folder for compiled modules: %w", err)
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("folder for compiled modules: %w", err)
	}
	return cache, nil
}
