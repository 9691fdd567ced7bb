package guest

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/revsync/revsync/sdk"
)

// Session is the host of one evaluation. It is safe for concurrent use, and refuses everything once it is closed, so
// that code which outlives its evaluation can reach nothing.
type Session struct {
	scope     Scope
	commander Commander
	now       func() time.Time
	log       *slog.Logger
	limits    Limits
	lanes     chan struct{} // held by the calls under way

	mu      sync.Mutex
	closed  bool
	calls   int
	results int // bytes
	lines   int
	denied  []sdk.DeniedCall
	cursors cursors
}

var _ sdk.Host = (*Session)(nil)

// Call performs one operation; see the table in docs/plugins.md.
func (s *Session) Call(ctx context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	if err := s.admit(len(req)); err != nil {
		return nil, err
	}
	select {
	case s.lanes <- struct{}{}:
		defer func() { <-s.lanes }()
	case <-ctx.Done():
		return nil, status(ctx, context.Cause(ctx))
	}
	return s.perform(ctx, op, req)
}

func (s *Session) perform(ctx context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	switch op {
	case sdk.OpRunCommand:
		return s.charged(s.runCommand(ctx, req))
	case sdk.OpFind, sdk.OpAggregate:
		return s.read(ctx, op, req)
	case sdk.OpCursorNext, sdk.OpCursorClose:
		return s.cursorCall(ctx, op, req)
	case sdk.OpTimeNow:
		return s.charged(json.Marshal(sdk.NowReply{Now: s.now().UTC()}))
	}
	return nil, sdk.Statusf(sdk.CodeUnimplemented, "this engine has no operation %q", clip(op, sdk.MaxNameBytes))
}

// admit counts a call against the limits before anything is done for it.
func (s *Session) admit(size int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return sdk.Statusf(sdk.CodeFailedPrecondition, "the evaluation is over")
	case s.calls >= s.limits.Calls:
		return sdk.Statusf(sdk.CodeResourceExhausted, "more than %d host calls in one evaluation", s.limits.Calls)
	}
	s.calls++
	if size > s.limits.RequestBytes {
		return sdk.Statusf(sdk.CodeInvalidArgument, "request of %d bytes, more than %d", size, s.limits.RequestBytes)
	}
	return nil
}

// charged is a result that is within the limits, and nothing beside an error.
func (s *Session) charged(result json.RawMessage, err error) (json.RawMessage, error) {
	if err == nil {
		err = s.charge(len(result))
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (s *Session) charge(size int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return sdk.Statusf(sdk.CodeFailedPrecondition, "the evaluation is over")
	case size > s.limits.ResultBytes:
		return sdk.Statusf(sdk.CodeResourceExhausted, "result of %d bytes, more than %d: ask for less", size, s.limits.ResultBytes)
	case s.results+size > s.limits.ResultsBytes:
		return sdk.Statusf(sdk.CodeResourceExhausted, "results of this evaluation exceed %d bytes", s.limits.ResultsBytes)
	}
	s.results += size
	return nil
}

// deny records a refused call and makes its error.
func (s *Session) deny(call sdk.DeniedCall) error {
	s.mu.Lock()
	s.denied = append(s.denied, call) // bounded by the limit on calls
	s.mu.Unlock()
	if s.log != nil {
		s.log.Warn("host call denied", "op", call.Op, "cluster", call.Cluster, "command", call.Command, "reason", call.Reason)
	}
	return sdk.Statusf(sdk.CodePermissionDenied, "%s %s: %s", call.Op, call.Command, call.Reason)
}

// Log passes one line on, cut to the limits; the first line over the limit says that there were more.
func (s *Session) Log(ctx context.Context, level sdk.Level, msg string) {
	s.mu.Lock()
	s.lines++
	line, closed := s.lines, s.closed
	s.mu.Unlock()
	if s.log == nil || closed || line > s.limits.LogLines+1 {
		return
	}
	msg = clip(msg, s.limits.LogLineBytes)
	if line == s.limits.LogLines+1 {
		msg = "further lines of this evaluation are dropped"
	}
	s.log.Log(ctx, slog.Level(level), msg)
}

// Calls counts the calls so far.
func (s *Session) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Denied lists the calls that were refused for lack of a right.
func (s *Session) Denied() []sdk.DeniedCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sdk.DeniedCall(nil), s.denied...)
}

// Close ends the session and closes the cursors that are still open; it may be called again. For calls under way and for
// servers that do not answer it waits three seconds at most; end the context of such calls before.
func (s *Session) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.closeCursors()
}

// clip cuts a text to a size without splitting a character.
func clip(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && text[size]&0xC0 == 0x80 {
		size--
	}
	return text[:size]
}
