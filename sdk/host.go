package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"time"
)

// The host operations of v1.
const (
	// OpRunCommand sends one read-only command to one cluster: CommandRequest in, the server's reply out.
	OpRunCommand = "runCommand"
	// OpFind reads documents: FindRequest in, BatchReply out.
	OpFind = "find"
	// OpAggregate runs a pipeline that only reads: AggregateRequest in, BatchReply out.
	OpAggregate = "aggregate"
	// OpCursorNext gives the next batch of a cursor: CursorRequest in, BatchReply out. It needs no capability of its own.
	OpCursorNext = "cursor.next"
	// OpCursorClose ends a cursor before its last batch: CursorRequest in, an empty document out. It needs no capability
	// of its own. Cursors that are left open end with the evaluation.
	OpCursorClose = "cursor.close"
	// OpTimeNow gives the engine's clock: no request, NowReply out. It needs no capability.
	OpTimeNow = "time.now"
)

// Host is what a component may ask while it is evaluated. Each evaluation has its own, already cut to its rights; it
// stops working when the evaluation ends. It is safe for use by several goroutines.
type Host interface {
	// Call performs an operation: a JSON document in, a JSON document out. The error is a *StatusError for everything
	// that the host refused or that went wrong behind it.
	Call(ctx context.Context, op string, req json.RawMessage) (json.RawMessage, error)
	// Log writes one line to the engine's log, with the module's name; long lines and too many of them are cut.
	Log(ctx context.Context, level Level, msg string)
}

// Level is a log level, with the numbers of log/slog.
type Level int32

// The levels.
const (
	LevelDebug Level = -4
	LevelInfo  Level = 0
	LevelWarn  Level = 4
	LevelError Level = 8
)

// CommandRequest is the request document of OpRunCommand.
type CommandRequest struct {
	Cluster  Role   `json:"cluster"`
	Database string `json:"database"`
	// Command is a JSON document whose first key is the command's name; values are Extended JSON.
	Command json.RawMessage `json:"command"`
	// EJSON is relaxed (the default) or canonical: how values come back.
	EJSON string `json:"ejson,omitempty"`
}

// NowReply is the result document of OpTimeNow.
type NowReply struct {
	Now time.Time `json:"now"`
}

// Command is a server command for RunCommand.
type Command struct {
	Cluster  Role
	Database string
	// Name is the command's name, Value what stands beside it (1, or a collection's name), Args the rest.
	Name  string
	Value any
	Args  map[string]any
	// Canonical asks for canonical Extended JSON, which keeps the types of 64-bit integers and decimals.
	Canonical bool
}

// RunCommand sends a command through the host and decodes the server's reply into reply, unless that is nil.
func RunCommand(ctx context.Context, h Host, c Command, reply any) error {
	doc, err := c.document()
	if err != nil {
		return err
	}
	req := CommandRequest{Cluster: c.Cluster, Database: c.Database, Command: doc}
	if c.Canonical {
		req.EJSON = "canonical"
	}
	return call(ctx, h, OpRunCommand, req, reply)
}

// Now asks the host for the time.
func Now(ctx context.Context, h Host) (time.Time, error) {
	var reply NowReply
	err := call(ctx, h, OpTimeNow, struct{}{}, &reply)
	return reply.Now, err
}

func call(ctx context.Context, h Host, op string, req, reply any) error {
	in, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("encode the request of %s: %w", op, err)
	}
	out, err := h.Call(ctx, op, in)
	if err != nil || reply == nil {
		return err
	}
	if err := json.Unmarshal(out, reply); err != nil {
		return fmt.Errorf("decode the result of %s: %w", op, err)
	}
	return nil
}

// document writes the command with its name first: the server takes the first key for the name.
func (c Command) document() (json.RawMessage, error) {
	keys := make([]string, 0, len(c.Args))
	for k := range c.Args {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	doc, err := appendField([]byte{'{'}, c.Name, c.Value)
	for _, k := range keys {
		if err == nil {
			doc, err = appendField(append(doc, ','), k, c.Args[k])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("encode command %s: %w", c.Name, err)
	}
	return append(doc, '}'), nil
}

func appendField(doc []byte, key string, value any) ([]byte, error) {
	k, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	v, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return append(append(append(doc, k...), ':'), v...), nil
}
