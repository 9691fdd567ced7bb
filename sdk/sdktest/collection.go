package sdktest

import (
	"encoding/json"
	"sync"

	"github.com/revsync/revsync/sdk"
)

// Collection answers find and aggregate with canned documents, batch by batch, as the engine does; it does not look at
// filters and pipelines. Use its Answer as Host.Answer, or call it from there:
//
//	orders := &sdktest.Collection{Documents: []string{`{"_id":1}`, `{"_id":2}`}, BatchSize: 1}
//	host := &sdktest.Host{Answer: orders.Answer}
type Collection struct {
	Documents []string
	// BatchSize is how many documents a batch has, 0 puts all of them into one. A request's own batchSize does not count.
	BatchSize int

	mu   sync.Mutex
	last int64
	open map[int64][]string // what is left of each cursor
}

// Answer answers find, aggregate, cursor.next and cursor.close; other operations are Unimplemented.
func (c *Collection) Answer(op string, req json.RawMessage) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch op {
	case sdk.OpFind, sdk.OpAggregate:
		c.last++
		return c.batch(c.last, c.Documents)
	case sdk.OpCursorNext, sdk.OpCursorClose:
		return c.cursor(op, req)
	}
	return nil, sdk.Statusf(sdk.CodeUnimplemented, "this collection has no operation %q", op)
}

func (c *Collection) cursor(op string, req json.RawMessage) (json.RawMessage, error) {
	var r sdk.CursorRequest
	if err := json.Unmarshal(req, &r); err != nil {
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "%v", err)
	}
	left, ok := c.open[r.Cursor]
	if !ok {
		return nil, sdk.Statusf(sdk.CodeNotFound, "this evaluation has no open cursor %d", r.Cursor)
	}
	if op == sdk.OpCursorClose {
		delete(c.open, r.Cursor)
		return json.RawMessage(`{}`), nil
	}
	return c.batch(r.Cursor, left)
}

func (c *Collection) batch(cursor int64, docs []string) (json.RawMessage, error) {
	n := len(docs)
	if c.BatchSize > 0 {
		n = min(n, c.BatchSize)
	}
	reply := sdk.BatchReply{Documents: []json.RawMessage{}}
	for _, doc := range docs[:n] {
		reply.Documents = append(reply.Documents, json.RawMessage(doc))
	}
	delete(c.open, cursor)
	if n < len(docs) {
		if c.open == nil {
			c.open = map[int64][]string{}
		}
		c.open[cursor], reply.Cursor = docs[n:], cursor
	}
	return json.Marshal(reply)
}

// Open counts the cursors that were neither read to their end nor closed.
func (c *Collection) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}
