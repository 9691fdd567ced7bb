package guest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/revsync/revsync/sdk"
)

// fetch sends the command that opens a cursor or reads on, and answers the batch that comes. After an error the cursor
// is closed.
func (s *Session) fetch(ctx context.Context, c *cursor, cmd node) (json.RawMessage, error) {
	docs, err := s.charged(s.batch(ctx, c, cmd))
	if err != nil {
		s.drop(ctx, c)
		return nil, err
	}
	if c.id == "" {
		s.drop(ctx, c)
		return batchReply(docs, 0), nil
	}
	if !s.keep(c) {
		s.drop(ctx, c)
		return nil, sdk.Statusf(sdk.CodeFailedPrecondition, "the evaluation is over")
	}
	return batchReply(docs, c.handle), nil
}

func batchReply(docs json.RawMessage, handle int64) json.RawMessage {
	b := append([]byte(`{"documents":`), docs...)
	if handle != 0 {
		b = strconv.AppendInt(append(b, `,"cursor":`...), handle, 10)
	}
	return append(b, '}')
}

// batch is the array of documents that the server answers; it notes where the cursor stands now.
func (s *Session) batch(ctx context.Context, c *cursor, cmd node) (json.RawMessage, error) {
	timed, err := s.timed(ctx, c.op)
	if err != nil {
		return nil, err
	}
	defer timed.cancel()
	reply, err := c.commander.RunCommand(timed.ctx, string(c.cluster), c.database, s.signed(cmd, timed.patience).encode())
	if err != nil {
		return nil, status(timed.ctx, err)
	}
	var r cursorReply
	if err := json.Unmarshal(reply, &r); err != nil {
		return nil, sdk.Statusf(sdk.CodeInternal, "the reply is not one of a cursor: %v", err)
	}
	c.id = r.open()
	if _, name, dot := strings.Cut(r.Cursor.NS, "."); dot {
		c.onServer = name
	}
	docs := r.Cursor.First
	if docs == nil {
		docs = r.Cursor.Next
	}
	return s.fit(ctx, c, docs)
}

// signed is the command with what the engine adds. The server counts its work on all batches against the maxTimeMS of
// the command that opened the cursor, and takes none in a getMore.
func (s *Session) signed(cmd node, patience time.Duration) node {
	n := node{kind: '{', fields: append([]member(nil), cmd.fields...)}
	if cmd.fields[0].key != "getMore" {
		n.fields = append(n.fields, member{"maxTimeMS", node{text: strconv.FormatInt(patience.Milliseconds(), 10)}})
	}
	n.fields = append(n.fields, member{"comment", node{kind: '"', text: "revsync plugin " + s.scope.Module}})
	return n
}

// fit writes the documents in the form that the module wants, if they fit into one result.
func (s *Session) fit(ctx context.Context, c *cursor, docs json.RawMessage) (_ json.RawMessage, err error) {
	const envelope = 64
	if !c.canonical {
		docs, err = relax(ctx, docs, s.limits.ResultBytes-envelope)
	}
	if errors.Is(err, errTooLong) || len(docs) > s.limits.ResultBytes-envelope {
		return nil, sdk.Statusf(sdk.CodeResourceExhausted, "the batch takes more than %d bytes: begin again with a batchSize "+
			"below %d or with fewer fields of each document; the cursor is closed", s.limits.ResultBytes, c.batchSize)
	}
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(docs, []byte("[")) {
		return nil, sdk.Statusf(sdk.CodeInternal, "the reply has no batch of documents")
	}
	return docs, nil
}

// cursorReply is the part of a server's reply that is about its cursor.
type cursorReply struct {
	Cursor struct {
		ID struct {
			Long string `json:"$numberLong"`
		} `json:"id"`
		NS    string          `json:"ns"`
		First json.RawMessage `json:"firstBatch"`
		Next  json.RawMessage `json:"nextBatch"`
	} `json:"cursor"`
}

// open is the id of a cursor that is not exhausted, or "".
func (r cursorReply) open() string {
	if _, err := strconv.ParseInt(r.Cursor.ID.Long, 10, 64); err != nil || r.Cursor.ID.Long == "0" {
		return ""
	}
	return r.Cursor.ID.Long
}

// more is the command for the next batch.
func (c *cursor) more() node {
	return node{kind: '{', fields: []member{{"getMore", long(c.id)}, {"collection", node{kind: '"', text: c.onServer}},
		{"batchSize", node{text: strconv.Itoa(c.batchSize)}}}}
}

func long(n string) node {
	return node{kind: '{', fields: []member{{"$numberLong", node{kind: '"', text: n}}}}
}
