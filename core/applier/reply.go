package applier

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// reply is one batch of the stream, in the watermark. Its post batch token counts
// as an event that needs nothing to be done: a quiet source moves the position
// too.
type reply struct {
	first, count int64
	events       []bson.Raw // nil once nobody needs the bytes
	done         []uint64   // a bit for each event
	left         int64      // events that are not done
	busy         int64      // of these, the ones that need the bytes
	after        lifecycle.Position
	weight       int64 // what it takes of the room
	end          bool  // it reached the end of the source's oplog
}

// newReply takes a batch apart into its events.
func newReply(b *mdb.Batch, limit int64) (*reply, error) {
	r := &reply{weight: min(int64(b.Len()), limit)}
	err := b.Each(func(doc bson.Raw) error {
		r.events = append(r.events, doc)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.count = int64(len(r.events))
	r.left, r.busy = r.count, r.count
	r.done = make([]uint64, (r.count+63)/64)
	r.end = r.count < replyEvents && r.weight < replyBytes
	r.after, err = positionOf(b.ResumeToken)
	return r, err
}

// positionOf makes a position of a resume token.
func positionOf(token bson.Raw) (lifecycle.Position, error) {
	if token == nil {
		return lifecycle.Position{}, fmt.Errorf("the change stream's reply has no resume token")
	}
	t, err := mdb.TokenTime(token)
	return lifecycle.Position{Token: slices.Clone([]byte(token)), Time: t}, err
}

func (r *reply) has(n int64) bool { return n >= r.first && n < r.first+r.count }

func (r *reply) mark(n int64) {
	i := n - r.first
	r.done[i/64] |= 1 << (i % 64)
	r.left--
}

func (r *reply) marked(n int64) bool {
	i := n - r.first
	return r.done[i/64]&(1<<(i%64)) != 0
}
