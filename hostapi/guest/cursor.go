package guest

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/revsync/revsync/sdk"
)

// closeTime is how long the end of an evaluation waits for calls under way, and then for its cursors to be closed.
const closeTime = 2 * time.Second

// cursor is an open cursor of a server. One call at a time has it.
type cursor struct {
	reading
	commander Commander // in a session of its own: servers want the getMore in the session of the find
	end       func()
	handle    int64  // 0 before the first batch is there
	id        string // the server's, "" when it is exhausted
	onServer  string // the collection, as the server calls it
	busy      bool
}

// cursors are the open cursors of a session. Their handles are numbers that begin with 1 in every evaluation: another
// evaluation's cursor cannot be named, and a recorded evaluation can be played again.
type cursors struct {
	open  map[int64]*cursor
	last  int64         // handle
	used  int           // open or being opened
	calls int           // under way
	idle  chan struct{} // closed when calls is 0, for a Close that waits
}

// reserve makes room for a cursor before anything is sent for it, and begins a call.
func (s *Session) reserve() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c := &s.cursors; {
	case s.closed:
		return sdk.Statusf(sdk.CodeFailedPrecondition, "the evaluation is over")
	case c.used >= s.limits.Cursors:
		return sdk.Statusf(sdk.CodeResourceExhausted, "%d cursors are open: read one to its end or close it with %s",
			s.limits.Cursors, sdk.OpCursorClose)
	default:
		c.used++
		c.calls++
		return nil
	}
}

// landed is the end of a call.
func (s *Session) landed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursors.calls--
	if s.cursors.calls == 0 && s.cursors.idle != nil {
		close(s.cursors.idle)
		s.cursors.idle = nil
	}
}

// inSession gives the cursor a session of its own, where the commander has any; nothing is sent yet.
func (s *Session) inSession(ctx context.Context, c *cursor) error {
	sessions, ok := s.commander.(sdk.SessionCommander)
	if !ok {
		return nil
	}
	in, end, err := sessions.OpenSession(ctx, string(c.cluster))
	if err != nil {
		return status(ctx, err)
	}
	c.commander, c.end = in, end
	return nil
}

// cursorCall is cursor.next and cursor.close.
func (s *Session) cursorCall(ctx context.Context, op string, doc json.RawMessage) (json.RawMessage, error) {
	var req sdk.CursorRequest
	if err := decodeStrictly(doc, &req); err != nil {
		return nil, &sdk.StatusError{Code: sdk.CodeInvalidArgument, Message: err.Error()}
	}
	c, err := s.take(req.Cursor)
	if err != nil {
		return nil, err
	}
	defer s.landed()
	if op == sdk.OpCursorClose {
		s.drop(ctx, c)
		return json.RawMessage(`{}`), nil
	}
	return s.fetch(ctx, c, c.more())
}

// take hands a cursor to one call.
func (s *Session) take(handle int64) (*cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.cursors.open[handle]
	switch {
	case s.closed:
		return nil, sdk.Statusf(sdk.CodeFailedPrecondition, "the evaluation is over")
	case !ok:
		return nil, sdk.Statusf(sdk.CodeNotFound, "this evaluation has no open cursor %d", handle)
	case c.busy:
		return nil, sdk.Statusf(sdk.CodeFailedPrecondition, "another call is using cursor %d", handle)
	}
	c.busy = true
	s.cursors.calls++
	return c, nil
}

// keep puts an open cursor back, unless the evaluation is over.
func (s *Session) keep(c *cursor) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if c.handle == 0 {
		s.cursors.last++
		c.handle = s.cursors.last
	}
	if s.cursors.open == nil {
		s.cursors.open = map[int64]*cursor{}
	}
	s.cursors.open[c.handle], c.busy = c, false
	return true
}

// drop forgets a cursor and closes it on the server, also when ctx has ended.
func (s *Session) drop(ctx context.Context, c *cursor) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	s.kill(ctx, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cursors.open, c.handle)
	s.cursors.used--
}

// kill closes a cursor on the server. It cannot do more about a failure than to tell: ending the session of the cursor
// closes it as well, and when no server can be reached, that server closes it after ten minutes.
func (s *Session) kill(ctx context.Context, c *cursor) {
	defer c.end()
	if c.id == "" {
		return
	}
	cmd := node{kind: '{', fields: []member{{"killCursors", node{kind: '"', text: c.onServer}},
		{"cursors", node{kind: '[', items: []node{long(c.id)}}}}}
	_, err := c.commander.RunCommand(ctx, string(c.cluster), c.database, cmd.encode())
	if err != nil && s.log != nil {
		s.log.Warn("cursor of a module not closed", "cluster", c.cluster, "namespace", c.namespace(), "error", status(ctx, err))
	}
}

// closeCursors closes what is left open: it waits for the calls under way, which close theirs themselves once the session
// is closed, and then closes the others side by side.
func (s *Session) closeCursors() {
	s.mu.Lock()
	var idle chan struct{}
	if s.cursors.calls > 0 {
		if s.cursors.idle == nil {
			s.cursors.idle = make(chan struct{})
		}
		idle = s.cursors.idle
	}
	left := make([]*cursor, 0, len(s.cursors.open))
	for handle, c := range s.cursors.open {
		if !c.busy {
			left = append(left, c)
			delete(s.cursors.open, handle)
		}
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	var killed sync.WaitGroup
	for _, c := range left {
		killed.Go(func() { s.kill(ctx, c) })
	}
	killed.Wait()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
		}
	}
}
