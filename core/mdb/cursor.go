package mdb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Cursor reads a server cursor batch by batch, as raw bytes. It is for one
// goroutine; Close it. After an error it is dead: open another.
type Cursor struct {
	c         *Cluster
	session   *mongo.Session
	id        int64
	db, coll  string
	batchSize int32
	await     time.Duration // of a change stream's getMore; 0 for a plain cursor
	first     *Batch
}

// Batch is one reply of a cursor. Docs is the reply's own BSON array: its bytes
// can be used as they are as the documents of an insert command. ResumeToken is
// a change stream's post batch resume token, nil for other cursors.
type Batch struct {
	Docs        bson.RawArray
	ResumeToken bson.Raw
	Time        bson.Timestamp // operation time of the reply; zero when not told
}

// Each calls f with each document of the batch; the bytes stay part of the
// batch. It stops at the first error.
func (b *Batch) Each(f func(doc bson.Raw) error) error {
	rest := []byte(b.Docs)
	if len(rest) < 5 {
		return nil
	}
	rest = rest[4 : len(rest)-1]
	for len(rest) > 0 {
		elem, more, ok := bsoncore.ReadElement(rest)
		if !ok {
			return fmt.Errorf("the server's reply is cut short")
		}
		if err := f(bson.Raw(elem.Value().Data)); err != nil {
			return err
		}
		rest = more
	}
	return nil
}

// Len is the number of bytes of the documents.
func (b *Batch) Len() int { return len(b.Docs) }

// Empty reports whether the batch has no documents.
func (b *Batch) Empty() bool { return len(b.Docs) <= 5 }

// Open sends a command that answers a cursor (find, aggregate, listCollections,
// listIndexes). batchSize is for later batches; the command's own first one is
// the caller's to set. await, when not 0, is how long the server may wait for
// new change events before it answers an empty batch.
func (c *Cluster) Open(ctx context.Context, db string, cmd any, batchSize int32, await time.Duration) (*Cursor, error) {
	session, err := c.client.StartSession(options.Session().SetCausalConsistency(false))
	if err != nil {
		return nil, fmt.Errorf("%s: start a session: %w", c.name, err)
	}
	cur := &Cursor{c: c, session: session, db: db, batchSize: batchSize, await: await}
	reply, err := cur.run(ctx, cmd)
	if err != nil {
		session.EndSession(context.WithoutCancel(ctx))
		return nil, err
	}
	cur.first, err = cur.read(reply, "firstBatch")
	if err != nil {
		cur.Close(ctx)
		return nil, err
	}
	return cur, nil
}

// Next answers the next batch, or nil when the cursor is exhausted. A change
// stream's cursor is never exhausted; its batches may be empty.
func (cur *Cursor) Next(ctx context.Context) (*Batch, error) {
	if b := cur.first; b != nil {
		cur.first = nil
		return b, nil
	}
	if cur.id == 0 {
		return nil, nil
	}
	cmd := bson.D{{Key: "getMore", Value: cur.id}, {Key: "collection", Value: cur.coll}}
	if cur.batchSize > 0 {
		cmd = append(cmd, bson.E{Key: "batchSize", Value: cur.batchSize})
	}
	if cur.await > 0 {
		cmd = append(cmd, bson.E{Key: "maxTimeMS", Value: cur.await.Milliseconds()})
	}
	reply, err := cur.run(ctx, cmd)
	if err != nil {
		return nil, err
	}
	return cur.read(reply, "nextBatch")
}

// run sends a command in the cursor's session: the server refuses a getMore
// from another one. The time limit is kept on this side only, see runUndated.
func (cur *Cursor) run(ctx context.Context, cmd any) (bson.Raw, error) {
	ctx, cancel := bounded(ctx, CommandTimeout)
	defer cancel()
	return cur.c.runUndated(mongo.NewSessionContext(ctx, cur.session), cur.db, cmd)
}

func (cur *Cursor) read(reply bson.Raw, name string) (*Batch, error) {
	body, ok := reply.Lookup("cursor").DocumentOK()
	if !ok {
		return nil, fmt.Errorf("%s: the reply has no cursor", cur.c.name)
	}
	cur.id, _ = body.Lookup("id").AsInt64OK()
	if ns, ok := body.Lookup("ns").StringValueOK(); ok {
		cur.coll = CollectionOf(ns)
	}
	docs, ok := body.Lookup(name).ArrayOK()
	if !ok {
		return nil, fmt.Errorf("%s: the cursor's reply has no %s", cur.c.name, name)
	}
	b := &Batch{Docs: docs}
	b.ResumeToken, _ = body.Lookup("postBatchResumeToken").DocumentOK()
	b.Time.T, b.Time.I, _ = reply.Lookup("operationTime").TimestampOK()
	return b, nil
}

// Close frees the cursor on the server if it is still open there.
func (cur *Cursor) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if cur.id != 0 {
		_, _ = cur.run(ctx, bson.D{{Key: "killCursors", Value: cur.coll}, {Key: "cursors", Value: bson.A{cur.id}}})
		cur.id = 0
	}
	cur.session.EndSession(ctx)
}

// All reads a whole cursor that is known to be small. The documents may be kept.
func (c *Cluster) All(ctx context.Context, db string, cmd any) ([]bson.Raw, error) {
	cur, err := c.Open(ctx, db, cmd, 0, 0)
	if err != nil {
		return nil, err
	}
	defer cur.Close(ctx)
	var out []bson.Raw
	for {
		b, err := cur.Next(ctx)
		if err != nil || b == nil {
			return out, err
		}
		if err := b.Each(func(d bson.Raw) error { out = append(out, d); return nil }); err != nil {
			return nil, err
		}
	}
}
