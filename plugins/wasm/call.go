package wasm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/revsync/revsync/sdk"
)

// call is the state of one call into a module. One goroutine uses it: the one the module runs on.
type call struct {
	input    []byte
	host     sdk.Host // nil while the module describes itself
	result   []byte   // of the last host call
	output   []byte
	answered bool
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// refuse keeps the error text for "result" and returns what "call" returns.
func (c *call) refuse(status *sdk.StatusError) uint64 {
	c.result = []byte(status.Message)
	return api.EncodeI32(-int32(status.Code))
}

// run makes an instance, calls one export and returns the module's answer. The instance is thrown away whatever
// happens: after a trap it would still answer, with half-changed state.
func (m *Module) run(ctx context.Context, export string, c *call) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err // an expired context would otherwise show as a trap
	}
	tail := &tail{limit: outputTailBytes}
	mem := memories.Get().(*memory)
	defer mem.release()
	ctx = experimental.WithMemoryAllocator(context.WithValue(ctx, callKey{}, c), mem)
	instance, err := m.runtime.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().
		WithName(""). // without a name there can be many at once
		WithStartFunctions(exportInit).WithStdout(tail).WithStderr(tail))
	if err != nil {
		return nil, failure(ctx, "start", err, tail)
	}
	defer func() { _ = instance.Close(context.WithoutCancel(ctx)) }()
	results, err := instance.ExportedFunction(export).Call(ctx)
	if err != nil {
		return nil, failure(ctx, "run", err, tail)
	}
	if status := api.DecodeI32(results[0]); status != 0 {
		return nil, c.failed(status, tail)
	}
	if !c.answered {
		return nil, fmt.Errorf("the module gave no answer%s", tail.quoted())
	}
	return c.output, nil
}

// failed is the error of a module that says it could not answer; output may say why.
func (c *call) failed(status int32, tail *tail) error {
	var said sdk.StatusError
	if json.Unmarshal(c.output, &said) == nil && said.Message != "" {
		return &said
	}
	return sdk.Statusf(sdk.CodeInternal, "the module returned %d and no message%s", status, tail.quoted())
}

// failure names the cause of a call that did not come back: the deadline rather than the trap that it was turned
// into.
func failure(ctx context.Context, verb string, err error, tail *tail) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("stopped: %w%s", cause, tail.quoted())
	}
	text, _, _ := strings.Cut(err.Error(), "\nwasm stack trace") // addresses mean nothing to a reader
	return &TrapError{Verb: verb, Text: strings.TrimSpace(text), Output: tail.quoted()}
}

// TrapError is a module that broke: a trap, an exit, a pointer outside its memory, an answer over the limit.
type TrapError struct {
	Verb   string // start or run
	Text   string // the runtime's words
	Output string // the end of what the module wrote to stdout and stderr, with its introduction, or ""
}

// Error says what broke, with the module's own last words.
func (e *TrapError) Error() string { return e.Verb + ": " + e.Text + e.Output }

// tail keeps the last bytes of what a module prints.
type tail struct {
	limit int
	text  []byte
}

// Write never fails, so that a module cannot tell how much of it is kept.
func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > t.limit {
		p = p[len(p)-t.limit:]
	}
	if over := len(t.text) + len(p) - t.limit; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	t.text = append(t.text, p...)
	return n, nil
}

func (t *tail) quoted() string {
	if len(t.text) == 0 {
		return ""
	}
	return fmt.Sprintf("; it printed: %q", t.text)
}
