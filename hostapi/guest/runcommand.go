package guest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/revsync/revsync/sdk"
)

func (s *Session) runCommand(ctx context.Context, doc json.RawMessage) (json.RawMessage, error) {
	req, cmd, err := decodeRequest(doc)
	if err != nil {
		return nil, &sdk.StatusError{Code: sdk.CodeInvalidArgument, Message: err.Error()}
	}
	if reason := s.refusal(req, cmd); reason != "" {
		return nil, s.deny(sdk.DeniedCall{Op: sdk.OpRunCommand, Cluster: req.Cluster, Command: clip(cmd.name(), 64), Reason: reason})
	}
	if s.commander == nil {
		return nil, sdk.Statusf(sdk.CodeUnavailable, "this engine gives modules no access to the clusters")
	}
	reply, err := s.send(ctx, req, cmd)
	if err != nil {
		return nil, err
	}
	if req.EJSON == "canonical" {
		return reply, nil
	}
	relaxed, err := relax(ctx, reply, s.limits.ResultBytes)
	if errors.Is(err, errTooLong) {
		return nil, sdk.Statusf(sdk.CodeResourceExhausted, "the reply takes more than %d bytes: ask for less", s.limits.ResultBytes)
	}
	return relaxed, err
}

func decodeRequest(doc json.RawMessage) (req sdk.CommandRequest, cmd command, err error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return req, nil, err
	}
	switch {
	case d.More():
		return req, nil, errors.New("data after the request document")
	}
	if err := checkAddress(req.Cluster, req.Database, req.EJSON); err != nil {
		return req, nil, err
	}
	cmd, err = parseCommand(req.Command)
	return req, cmd, err
}

// checkAddress looks at the fields that every request to a cluster has.
func checkAddress(cluster sdk.Role, database, ejson string) error {
	switch {
	case cluster != sdk.RoleSource && cluster != sdk.RoleDestination:
		return errors.New("cluster must be source or destination")
	case database == "" || strings.ContainsAny(database, notInDatabase):
		return errors.New("database is not a database's name")
	case ejson != "" && ejson != "relaxed" && ejson != "canonical":
		return errors.New("ejson must be relaxed or canonical")
	}
	return nil
}

// refusal says which of the three locks holds the call back, or "".
func (s *Session) refusal(req sdk.CommandRequest, cmd command) string {
	if err := cmd.check(); err != nil {
		return err.Error()
	}
	if readsContents[cmd.name()] && closedDatabases[req.Database] {
		return cmd.name() + " is not allowed on database " + req.Database
	}
	return s.entitled(req.Cluster, sdk.OpRunCommand, cmd.name())
}

// entitled says which right to the operation is missing, or "". name is the command, or the namespace.
func (s *Session) entitled(cluster sdk.Role, op, name string) string {
	if !allows(s.scope.Asked, cluster, op, name) {
		return "the component's description does not ask for it on the " + string(cluster)
	}
	if !allows(s.scope.Granted, cluster, op, name) {
		return "the manifest does not grant it on the " + string(cluster)
	}
	return ""
}

func allows(list []sdk.Capability, cluster sdk.Role, op, name string) bool {
	for _, c := range list {
		if c.Allows(cluster, op, name) {
			return true
		}
	}
	return false
}

func (s *Session) send(ctx context.Context, req sdk.CommandRequest, cmd command) (json.RawMessage, error) {
	timed, err := s.timed(ctx, cmd.name())
	if err != nil {
		return nil, err
	}
	defer timed.cancel()
	out, err := cmd.finish(timed.patience.Milliseconds(), "revsync plugin "+s.scope.Module)
	if err != nil {
		return nil, sdk.StatusOf(err)
	}
	reply, err := s.commander.RunCommand(timed.ctx, string(req.Cluster), req.Database, out)
	if err != nil {
		return nil, status(timed.ctx, err)
	}
	return reply, s.closeCursor(timed.ctx, req, reply)
}

// timedContext is a context that ends when the patience with one command does.
type timedContext struct {
	ctx      context.Context
	cancel   context.CancelFunc
	patience time.Duration
}

func (s *Session) timed(ctx context.Context, name string) (t timedContext, err error) {
	t.patience = s.limits.CommandTime
	if deadline, ok := ctx.Deadline(); ok {
		t.patience = min(t.patience, time.Until(deadline))
	}
	if t.patience < time.Millisecond {
		return t, sdk.Statusf(sdk.CodeDeadlineExceeded, "no time left for %s", name)
	}
	t.ctx, t.cancel = context.WithTimeout(ctx, t.patience)
	return t, nil
}

// closeCursor ends the cursor of a reply that did not fit into one batch: runCommand has no way to read on, and a
// forgotten cursor stays open on the server for ten minutes.
func (s *Session) closeCursor(ctx context.Context, req sdk.CommandRequest, reply json.RawMessage) error {
	var r cursorReply
	if json.Unmarshal(reply, &r) != nil || r.open() == "" {
		return nil
	}
	_, collection, _ := strings.Cut(r.Cursor.NS, ".")
	kill, err := json.Marshal(collection)
	if err != nil {
		return sdk.StatusOf(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	cmd := command{{"killCursors", kill}, {"cursors", json.RawMessage(`[{"$numberLong":"` + r.open() + `"}]`)}}
	if _, err := s.commander.RunCommand(ctx, string(req.Cluster), req.Database, cmd.encode()); err != nil {
		return status(ctx, err)
	}
	return nil
}

// uri finds connection strings with what may be a password in them.
var uri = regexp.MustCompile(`mongodb(\+srv)?://[^\s"']*`)

// status gives an error of the commander its code, and takes connection strings out of its text.
func status(ctx context.Context, err error) error {
	var s *sdk.StatusError
	code := sdk.CodeUnavailable
	switch {
	case errors.As(err, &s):
		code = s.Code
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		code = sdk.CodeDeadlineExceeded
	}
	text := err.Error()
	if s != nil {
		text = s.Message
	}
	return &sdk.StatusError{Code: code, Message: uri.ReplaceAllString(text, "mongodb://…")}
}
