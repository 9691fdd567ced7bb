package checks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
)

// loading is the built-in module from before it is loaded. Close ends and awaits the one goroutine that it has.
type loading struct {
	stop   context.CancelFunc
	done   chan struct{} // closed when module or err is set
	module *wasm.Module
	err    error
}

func (l *loading) load(ctx context.Context) {
	defer close(l.done)
	m, err := wasm.Load(ctx, builtin, wasm.Options{})
	if err != nil {
		l.err = fmt.Errorf("load the built-in checks: %w", err)
		return
	}
	l.module = m
}

func (l *loading) wait(ctx context.Context) (*wasm.Module, error) {
	select {
	case <-l.done:
		return l.module, l.err
	default:
	}
	select {
	case <-l.done:
		return l.module, l.err
	case <-ctx.Done():
		return nil, fmt.Errorf("the built-in checks are still being loaded: %w", context.Cause(ctx))
	}
}

// Describe implements plugins.Module.
func (l *loading) Describe(ctx context.Context) (sdk.Descriptor, error) {
	m, err := l.wait(ctx)
	if err != nil {
		return sdk.Descriptor{}, err
	}
	return m.Describe(ctx)
}

// Evaluate implements plugins.Module.
func (l *loading) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	m, err := l.wait(ctx)
	if err != nil {
		return nil, err
	}
	return m.Evaluate(ctx, host, req)
}

// Close implements plugins.Module.
func (l *loading) Close(ctx context.Context) error {
	l.stop()
	<-l.done
	if l.module == nil {
		return nil
	}
	return l.module.Close(ctx)
}

// Digest implements plugins.Digester.
func (l *loading) Digest() string {
	sum := sha256.Sum256(builtin)
	return hex.EncodeToString(sum[:])
}
