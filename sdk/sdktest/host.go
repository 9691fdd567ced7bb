// Package sdktest helps to test checks and hooks with plain go test: no engine, no WASM, no MongoDB.
package sdktest

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/revsync/revsync/sdk"
)

// Host is an sdk.Host with canned answers. Its zero value denies every call, as the engine does to a component
// without capabilities.
type Host struct {
	// Answer gives the result of a call; return a *sdk.StatusError to refuse it.
	Answer func(op string, req json.RawMessage) (json.RawMessage, error)

	mu    sync.Mutex
	calls []Call
	lines []string
}

// Call is one call that a component made.
type Call struct {
	Op      string
	Request json.RawMessage
}

var _ sdk.Host = (*Host)(nil)

// Call records the call and answers it.
func (h *Host) Call(_ context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	h.mu.Lock()
	h.calls = append(h.calls, Call{Op: op, Request: append(json.RawMessage(nil), req...)})
	h.mu.Unlock()
	if h.Answer == nil {
		return nil, sdk.Statusf(sdk.CodePermissionDenied, "%s is not granted", op)
	}
	return h.Answer(op, req)
}

// Log records the line.
func (h *Host) Log(_ context.Context, _ sdk.Level, msg string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, msg)
}

// Calls returns the calls so far.
func (h *Host) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Call(nil), h.calls...)
}

// Lines returns the log lines so far.
func (h *Host) Lines() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.lines...)
}
