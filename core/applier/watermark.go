package applier

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/semaphore"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// watermark knows which events are done, in whatever order that happens, and
// from it the position: behind the last event before which nothing is open.
// Events are counted from 0 in the order of the stream. It also bounds memory:
// a reply of the stream stays in it until all its events and all before them
// are done.
type watermark struct {
	room  *semaphore.Weighted
	limit int64

	mu    sync.Mutex
	next  int64 // the number of the next event to come
	low   int64 // every event with a lower number is done
	open  []*reply
	at    lifecycle.Position // behind everything before open
	moved chan struct{}      // closed and replaced when low rises
}

// reply is one batch of the stream. Its post batch token counts as an event
// that needs nothing to be done: a quiet source moves the position too.
type reply struct {
	first  int64
	events []bson.Raw
	done   []bool
	after  lifecycle.Position
	weight int64
}

func newWatermark(start lifecycle.Position, limit int64) *watermark {
	return &watermark{room: semaphore.NewWeighted(limit), limit: limit, at: start, moved: make(chan struct{})}
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
	r.done = make([]bool, len(r.events))
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

// add waits until there is room for the reply and numbers its events.
func (w *watermark) add(ctx context.Context, r *reply) error {
	if err := w.room.Acquire(ctx, r.weight); err != nil {
		return context.Cause(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r.first = w.next
	w.next += int64(len(r.events))
	w.open = append(w.open, r)
	w.advance()
	return nil
}

// done marks events. It may be called by several goroutines.
func (w *watermark) done(numbers ...int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := 0
	for _, n := range numbers {
		for at < len(w.open) && !w.open[at].has(n) {
			at++ // numbers rise, as a rule
		}
		if at == len(w.open) {
			at = slices.IndexFunc(w.open, func(r *reply) bool { return r.has(n) })
		}
		w.open[at].done[n-w.open[at].first] = true
	}
	w.advance()
}

func (r *reply) has(n int64) bool { return n >= r.first && n < r.first+int64(len(r.events)) }

// advance raises the low watermark as far as it can, and lets go of replies
// that are done.
func (w *watermark) advance() {
	before := w.low
	for len(w.open) > 0 {
		r := w.open[0]
		for w.low < r.first+int64(len(r.events)) && r.done[w.low-r.first] {
			w.low++
		}
		if w.low < r.first+int64(len(r.events)) {
			break
		}
		w.at = r.after
		w.open = slices.Delete(w.open, 0, 1)
		w.room.Release(r.weight)
	}
	if w.low > before {
		close(w.moved)
		w.moved = make(chan struct{})
	}
}

// position is what may be stored now.
func (w *watermark) position() lifecycle.Position {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.positionLocked()
}

func (w *watermark) positionLocked() lifecycle.Position {
	if len(w.open) == 0 || w.low == w.open[0].first {
		return w.at
	}
	last := w.open[0].events[w.low-w.open[0].first-1]
	e, err := decode(last)
	if err != nil { // it was decoded before it was done
		return w.at
	}
	return lifecycle.Position{Token: slices.Clone(e.token), Time: e.time}
}

// reached waits until every event with a lower number than n is done.
func (w *watermark) reached(ctx context.Context, n int64) error {
	for {
		w.mu.Lock()
		low, moved := w.low, w.moved
		w.mu.Unlock()
		if low >= n {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// look is for Status.
func (w *watermark) look() (at lifecycle.Position, replies int, events, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.open {
		bytes += r.weight
	}
	return w.positionLocked(), len(w.open), w.next - w.low, bytes
}
