package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/revsync/revsync/plugins"
)

// Runner says how WASM modules are run in a process of their own.
type Runner struct {
	// Command starts the runner: this program with the arguments that make it call package runner. Those for the limits
	// are added: --memoryMiB N, and --cacheDir PATH when there is a folder.
	Command []string
	// CacheDir keeps compiled modules; see wasm.Options.
	CacheDir string
	// MemoryMiB caps the memory of one instance; 0 takes plugins.DefaultMemoryMiB.
	MemoryMiB int
}

// LoadWASM starts a runner with the module and asks it for the description; ctx bounds that. The bytes go to the runner
// through a pipe, so that what it runs is what was hashed. The caller closes the module.
func LoadWASM(ctx context.Context, code []byte, r Runner, opts Options) (*Module, error) {
	if len(r.Command) == 0 {
		return nil, errors.New("this program has no runner for WASM modules")
	}
	m, err := newModule(code, opts.orDefaults())
	if err != nil {
		return nil, err
	}
	m.program.command, m.program.input = r.args(), code
	return m.loaded(ctx, nil)
}

func (r Runner) args() []string {
	args := append([]string(nil), r.Command...)
	if r.CacheDir != "" {
		args = append(args, "--cacheDir", r.CacheDir)
	}
	if r.MemoryMiB > 0 {
		args = append(args, "--memoryMiB", strconv.Itoa(r.MemoryMiB))
	}
	return args
}

// lowered is the runner with the memory cap that a manifest asks for, if that is the lower one; 0 asks for none.
func (r Runner) lowered(manifestMiB int) Runner {
	if manifestMiB > 0 {
		r.MemoryMiB = min(cmp.Or(r.MemoryMiB, plugins.DefaultMemoryMiB), manifestMiB)
	}
	return r
}

// Loader returns the loader of runtime "grpc" for plugins.Discover: the plugin's file is an executable.
func Loader(opts Options) plugins.Loader {
	return func(ctx context.Context, manifest plugins.Manifest, code []byte) (plugins.Module, error) {
		switch {
		case manifest.Isolation == plugins.IsolationInProcess:
			return nil, fmt.Errorf("a program cannot run with isolation %q", plugins.IsolationInProcess)
		case manifest.MemoryMiB > 0:
			return nil, errors.New("memoryMiB is for WASM modules; this engine cannot cap the memory of a program")
		}
		m, err := Load(ctx, code, opts)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// WASMLoader returns the loader of runtime "wasm" for plugins.Discover: modules run in a runner, except that
// inProcess, when it is not nil, loads those whose manifest asks for the engine's own process. A manifest may lower the
// memory cap.
func WASMLoader(r Runner, opts Options, inProcess plugins.Loader) plugins.Loader {
	return func(ctx context.Context, manifest plugins.Manifest, code []byte) (plugins.Module, error) {
		if manifest.Isolation == plugins.IsolationInProcess {
			if inProcess == nil {
				return nil, fmt.Errorf("isolation %q is not allowed here: a module that does not stop would hold up the engine", plugins.IsolationInProcess)
			}
			return inProcess(ctx, manifest, code)
		}
		m, err := LoadWASM(ctx, code, r.lowered(manifest.MemoryMiB), opts)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}
