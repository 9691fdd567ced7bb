// Package guest is what the engine offers to modules: a few read-only operations, each cut to the rights of the
// component that asks, with limits on how much and how long. It knows nothing about how a module runs.
//
// What a component may do is what it asks for in its description, cut to what the operator grants, cut to the
// read-only list in this package. Whatever is refused for lack of a right is also recorded.
package guest

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/revsync/revsync/sdk"
)

// Commander sends commands to the clusters; the engine supplies it. Beside the read-only commands it is sent find,
// aggregate, getMore and killCursors. For getMore to work it has to be an sdk.SessionCommander, too.
type Commander = sdk.Commander

// CommanderFunc is a function as a Commander.
type CommanderFunc func(ctx context.Context, cluster, database string, cmd json.RawMessage) (json.RawMessage, error)

// RunCommand calls the function.
func (f CommanderFunc) RunCommand(ctx context.Context, cluster, db string, cmd json.RawMessage) (json.RawMessage, error) {
	return f(ctx, cluster, db, cmd)
}

// Hosts makes the host of each evaluation. The zero value works: it has no clusters, so that every command is
// Unavailable, and logs nothing. A nil *Hosts is the zero value. Set the fields before the first use.
type Hosts struct {
	Commander Commander
	// Now is the engine's clock, time.Now when nil.
	Now func() time.Time
	// Log takes the modules' log lines; nil drops them.
	Log *slog.Logger
	// Limits bounds each evaluation; a field that is 0 takes the default.
	Limits Limits
}

// Limits bounds what one evaluation may take from the host.
type Limits struct {
	Calls        int           // host calls, default 256
	CallsAtOnce  int           // those that are carried out side by side, default 4; others wait
	ResultBytes  int           // size of one result, default 1 MiB
	ResultsBytes int           // size of all results together, default 16 MiB
	RequestBytes int           // size of one request, default 1 MiB
	Cursors      int           // cursors open at the same time, default 8
	LogLines     int           // default 200
	LogLineBytes int           // default 4 KiB
	CommandTime  time.Duration // longest time for one command, default 5 s; a nearer deadline wins
}

// DefaultLimits returns the defaults.
func DefaultLimits() Limits {
	return Limits{Calls: 256, CallsAtOnce: 4, ResultBytes: 1 << 20, ResultsBytes: 16 << 20, RequestBytes: 1 << 20, Cursors: 8,
		LogLines: 200, LogLineBytes: 4 << 10, CommandTime: 5 * time.Second}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	l.Calls, l.ResultBytes = orDefault(l.Calls, d.Calls), orDefault(l.ResultBytes, d.ResultBytes)
	l.ResultsBytes, l.RequestBytes = orDefault(l.ResultsBytes, d.ResultsBytes), orDefault(l.RequestBytes, d.RequestBytes)
	l.CallsAtOnce, l.Cursors = orDefault(l.CallsAtOnce, d.CallsAtOnce), orDefault(l.Cursors, d.Cursors)
	l.LogLines, l.LogLineBytes = orDefault(l.LogLines, d.LogLines), orDefault(l.LogLineBytes, d.LogLineBytes)
	l.CommandTime = orDefault(l.CommandTime, d.CommandTime)
	return l
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Scope says whose evaluation a host is for and what that component may do.
type Scope struct {
	Module       string
	Component    string
	EvaluationID string
	// Asked is what the component's description asks for, Granted what the operator gives. Trusted code that comes
	// without a manifest is granted what it asks for.
	Asked   []sdk.Capability
	Granted []sdk.Capability
}

// Open makes the host for one evaluation. Close it when the evaluation has ended.
func (h *Hosts) Open(scope Scope) *Session {
	s := &Session{scope: scope, now: time.Now}
	if h == nil {
		h = &Hosts{}
	}
	s.commander, s.limits = h.Commander, h.Limits.orDefaults()
	s.lanes = make(chan struct{}, s.limits.CallsAtOnce)
	if h.Now != nil {
		s.now = h.Now
	}
	if h.Log != nil {
		s.log = h.Log.With("module", scope.Module, "component", scope.Component, "evaluationId", scope.EvaluationID)
	}
	return s
}
