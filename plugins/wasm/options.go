package wasm

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/revsync/revsync/plugins"
)

// Options says how a module runs. The zero value is right for modules of unknown origin.
type Options struct {
	// Compile turns the module into machine code: a call is two to six times faster, and loading takes longer (a Go module
	// over a second); make bench-plugins measures both.
	// The default is the interpreter, and not only for that: machine code of a module cannot be preempted, so that while
	// it runs without calling a function it holds up the garbage collector, and with it all of the engine.
	Compile bool
	// CacheDir keeps compiled modules between processes; empty compiles anew each time. What lies there is machine code
	// that will be run, so that the folder must be the user's own with mode 0700, and is refused otherwise. It is made
	// when it is not there. It only serves Compile.
	CacheDir string
	// MemoryMiB caps the memory of one instance, default 64, at most 512.
	MemoryMiB int
	// FileBytes caps the size of the module's file, default 16 MiB.
	FileBytes int
}

const (
	maxMemoryMiB     = 512
	pagesPerMiB      = 16
	defaultFileBytes = 16 << 20
	outputTailBytes  = 8 << 10 // of stdout and stderr together, kept for the error
)

func (o Options) orDefaults() Options {
	if o.MemoryMiB <= 0 {
		o.MemoryMiB = plugins.DefaultMemoryMiB
	}
	o.MemoryMiB = min(o.MemoryMiB, maxMemoryMiB)
	if o.FileBytes <= 0 {
		o.FileBytes = defaultFileBytes
	}
	return o
}

func (o Options) config(cache wazero.CompilationCache) wazero.RuntimeConfig {
	config := wazero.NewRuntimeConfigInterpreter()
	if o.Compile {
		config = wazero.NewRuntimeConfigCompiler()
	}
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	return config.
		WithCoreFeatures(api.CoreFeaturesV2).
		WithCloseOnContextDone(true).
		WithMemoryLimitPages(uint32(o.MemoryMiB * pagesPerMiB))
}

// Loader returns the loader of runtime "wasm" for plugins.Discover that runs modules in this process, whatever the
// manifest leaves open; one that asks for a process of its own is refused. A manifest may lower the memory cap.
func Loader(opts Options) plugins.Loader {
	opts = opts.orDefaults()
	return func(ctx context.Context, manifest plugins.Manifest, code []byte) (plugins.Module, error) {
		if manifest.Isolation == plugins.IsolationProcess {
			return nil, fmt.Errorf("isolation %q is not available in this program, only %q", plugins.IsolationProcess, plugins.IsolationInProcess)
		}
		own := opts
		if manifest.MemoryMiB > 0 {
			own.MemoryMiB = min(own.MemoryMiB, manifest.MemoryMiB)
		}
		return Load(ctx, code, own)
	}
}

var (
	_ plugins.Module   = (*Module)(nil)
	_ plugins.Digester = (*Module)(nil)
)
