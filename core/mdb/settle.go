package mdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// A command that was sent but never answered may still be carried out: a server
// that hung reads it from its socket when it goes on, long after the client has
// sent the same command again, and others after it. Applied late, an old change
// would undo newer ones. So each command that must not come late carries a mark,
// and after an unanswered one no further command is sent on this cluster until
// the server says that nothing with that mark is running there.

// process marks this life of this process.
var process = rand.Text()

var serial atomic.Int64

// mark is the comment of one command.
type mark struct {
	Process string `bson:"revsync"`
	Serial  int64  `bson:"n"`
}

func newMark() mark { return mark{Process: process, Serial: serial.Add(1)} }

func (m mark) document() bsoncore.Document {
	return bsoncore.BuildDocument(nil, bsoncore.AppendInt64Element(bsoncore.AppendStringElement(nil, "revsync", m.Process), "n", m.Serial))
}

// unanswered are the marks of commands whose fate is not known.
type unanswered struct {
	mu    sync.Mutex
	marks map[int64]struct{}
}

func (u *unanswered) add(m mark) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.marks == nil {
		u.marks = map[int64]struct{}{}
	}
	u.marks[m.Serial] = struct{}{}
}

func (u *unanswered) list() []int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := make([]int64, 0, len(u.marks))
	for n := range u.marks {
		out = append(out, n)
	}
	return out
}

func (u *unanswered) forget(marks []int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, n := range marks {
		delete(u.marks, n)
	}
}

// marked sends a command that must not be carried out late. build gets the
// comment to put into it.
func (c *Cluster) marked(ctx context.Context, db string, build func(mark) any) (bson.Raw, error) {
	if err := c.settle(ctx); err != nil {
		return nil, err
	}
	if err := c.allowed(); err != nil {
		return nil, err
	}
	m := newMark()
	reply, err := c.Run(ctx, db, build(m))
	if err != nil && !Answered(err) {
		c.open.add(m)
	}
	return reply, err
}

// settle waits until the server is done with every unanswered command.
func (c *Cluster) settle(ctx context.Context) error {
	marks := c.open.list()
	if len(marks) == 0 {
		return nil
	}
	err := c.awaitNone(ctx, bson.D{{Key: "command.comment.revsync", Value: process},
		{Key: "command.comment.n", Value: bson.D{{Key: "$in", Value: marks}}}})
	if err == nil {
		c.open.forget(marks)
	}
	return err
}

// Settle waits until the server is done with every command of this life that was
// never answered. Whoever reads what there is in order to decide what to send
// calls it first; the commands that change something wait by themselves, but then
// the decision has been made.
func (c *Cluster) Settle(ctx context.Context) error { return c.settle(ctx) }

// SettleOthers waits until the server is done with the commands of every other
// life of revsync. A new owner calls it before its first command.
func (c *Cluster) SettleOthers(ctx context.Context) error {
	return c.awaitNone(ctx, bson.D{{Key: "command.comment.revsync", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$ne", Value: process}}}})
}

// awaitNone polls the primary's running operations of this user.
func (c *Cluster) awaitNone(ctx context.Context, match bson.D) error {
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for {
		running, err := c.All(ctx, "admin", bson.D{{Key: "aggregate", Value: 1}, {Key: "cursor", Value: bson.D{}},
			{Key: "pipeline", Value: bson.A{
				bson.D{{Key: "$currentOp", Value: bson.D{{Key: "allUsers", Value: false}, {Key: "truncateOps", Value: true}}}},
				bson.D{{Key: "$match", Value: match}}, bson.D{{Key: "$limit", Value: 1}}, bson.D{{Key: "$project", Value: bson.D{{Key: "opid", Value: 1}}}},
			}}})
		if err != nil {
			return fmt.Errorf("wait for an unanswered command to end: %w", err)
		}
		if len(running) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
}
