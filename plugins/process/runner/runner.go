// Package runner is the process around one WASM module: package process starts it, hands it the module, and talks to it
// as to any module that is a process. The module runs as machine code, in a fresh instance for each evaluation.
package runner

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/revsync/revsync/plugins/process/serve"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
)

// Run reads a module from standard input and serves it until the engine is gone; it does not return unless there is
// nothing to serve. Options.Compile is always on.
func Run(ctx context.Context, opts wasm.Options) error {
	opts.Compile = true
	code, err := receive(os.Stdin)
	if err != nil {
		return fmt.Errorf("plugin-runner is started by the engine, not by hand: %w", err)
	}
	serve.Evaluator(load(ctx, code, opts), os.Stdin)
	return nil
}

// maxFileBytes bounds what the engine can ask this process to hold; wasm.Options has the limit on modules.
const maxFileBytes = 1 << 30

// receive reads the module's length and content. What comes after them is the lifeline.
func receive(in io.Reader) ([]byte, error) {
	var size uint64
	if err := binary.Read(in, binary.BigEndian, &size); err != nil {
		return nil, fmt.Errorf("read the module's length: %w", err)
	}
	if size > maxFileBytes {
		return nil, fmt.Errorf("a module of %d bytes", size)
	}
	code := make([]byte, size)
	if _, err := io.ReadFull(in, code); err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	return code, nil
}

// loading is a module that is being compiled while the engine connects.
type loading struct {
	done   chan struct{}
	module *wasm.Module
	err    error
}

func load(ctx context.Context, code []byte, opts wasm.Options) *loading {
	l := &loading{done: make(chan struct{})}
	go func() { // whoever asks waits for it
		defer close(l.done)
		l.module, l.err = wasm.Load(ctx, code, opts)
	}()
	return l
}

func (l *loading) wait(ctx context.Context) error {
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Describe waits until the module is loaded.
func (l *loading) Describe(ctx context.Context) (sdk.Descriptor, error) {
	if err := l.wait(ctx); err != nil {
		return sdk.Descriptor{}, err
	}
	return l.module.Describe(ctx)
}

// Evaluate waits until the module is loaded and runs it.
func (l *loading) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	if err := l.wait(ctx); err != nil {
		return nil, err
	}
	return l.module.Evaluate(ctx, host, req)
}
