// Package wasm runs modules that are WASM files, in this process, with wazero.
//
// A module gets the five imports of revsync_v1 and WASI preview 1 with nothing granted: no file, no network, no
// environment, no real clock, no real randomness. Every evaluation has a fresh instance and memory of its own. The
// context's deadline stops loops and deep call trees alike; memory stops growing at the cap, and tables at a bound of
// their own.
package wasm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// Module is a compiled WASM file. It implements plugins.Module.
type Module struct {
	runtime    wazero.Runtime
	cache      wazero.CompilationCache // nil without one
	compiled   wazero.CompiledModule
	descriptor sdk.Descriptor
	digest     string
	opts       Options
}

// Load compiles a WASM file and asks it to describe itself; ctx bounds both. It refuses files over the size limit,
// imports other than the contract's, missing exports, memory needs over the cap, more entries of one kind than any honest
// module has and descriptors that are not valid. The caller closes the module.
func Load(ctx context.Context, code []byte, opts Options) (*Module, error) {
	opts = opts.orDefaults()
	if len(code) > opts.FileBytes {
		return nil, fmt.Errorf("module file of %d bytes, more than %d", len(code), opts.FileBytes)
	}
	sum := sha256.Sum256(code)
	digest := hex.EncodeToString(sum[:])
	cache, err := openCache(opts, digest)
	if err != nil {
		return nil, err
	}
	m := &Module{runtime: wazero.NewRuntimeWithConfig(ctx, opts.config(cache)), cache: cache, digest: digest, opts: opts}
	if err := m.prepare(ctx, code); err != nil {
		_ = m.Close(context.WithoutCancel(ctx)) // the first error is the one to tell
		return nil, err
	}
	return m, nil
}

func (m *Module) prepare(ctx context.Context, code []byte) (err error) {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, m.runtime); err != nil {
		return fmt.Errorf("link wasi: %w", err)
	}
	if err := linkHost(ctx, m.runtime); err != nil {
		return fmt.Errorf("link %s: %w", importModule, err)
	}
	if code, err = bound(code); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	if m.compiled, err = m.runtime.CompileModule(experimental.WithFunctionListenerFactory(ctx, stopper{}), code); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	if err := checkShape(m.compiled); err != nil {
		return err
	}
	describeCtx, cancel := context.WithTimeout(ctx, describeTime)
	defer cancel()
	out, err := m.run(describeCtx, exportDescribe, &call{})
	if err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	if m.descriptor, err = plugins.DecodeDescriptor(out); err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	return nil
}

// describeTime bounds the first code of a module that runs; a Go module takes some 10 ms.
const describeTime = 10 * time.Second

// Describe returns what the module said when it was loaded.
func (m *Module) Describe(context.Context) (sdk.Descriptor, error) { return m.descriptor, nil }

// Digest is the SHA-256 of the file in hexadecimal.
func (m *Module) Digest() string { return m.digest }

// Evaluate runs the request's component in a fresh instance. An error holds what the module wrote to stdout and
// stderr, which is where a Go guest's panic text is.
func (m *Module) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	in, err := plugins.EncodeRequest(req)
	if err != nil {
		return nil, err
	}
	out, err := m.run(ctx, exportEvaluate, &call{input: in, host: host})
	if err != nil {
		return nil, err
	}
	return plugins.DecodeResponse(out)
}

// Close frees the compiled code and ends running evaluations; it may be called again.
func (m *Module) Close(ctx context.Context) error {
	err := m.runtime.Close(ctx)
	if m.cache != nil {
		err = errors.Join(err, m.cache.Close(ctx))
	}
	return err
}
