package applier

import (
	"context"
	"slices"
	"sort"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/revsync/revsync/core/lifecycle"
)

// watermark knows which events are done, in whatever order that happens, and
// from it the position: behind the last event before which nothing is open.
// Events are counted from 0 in the order of the stream.
//
// It also bounds memory: the bytes of a reply stay, and take room, until none of
// its events is needed any more. That can be long before the position passes the
// reply: an event that has to wait is copied out of it (see holds), and then
// nothing but a few numbers is left of the reply.
type watermark struct {
	room  *semaphore.Weighted
	limit int64

	mu     sync.Mutex
	next   int64 // the number of the next event to come
	low    int64 // every event with a lower number is done
	open   []*reply
	copied map[int64]struct{}           // events that are open and no longer need their reply
	known  map[int64]lifecycle.Position // behind single events that low has not passed
	at     lifecycle.Position           // behind everything below atLow
	atLow  int64
	moved  chan struct{} // closed and replaced when low rises
}

func newWatermark(start lifecycle.Position, limit int64) *watermark {
	return &watermark{
		room: semaphore.NewWeighted(limit), limit: limit, at: start, moved: make(chan struct{}),
		copied: map[int64]struct{}{}, known: map[int64]lifecycle.Position{},
	}
}

// add waits until there is room for the reply and numbers its events.
func (w *watermark) add(ctx context.Context, r *reply) error {
	if err := w.room.Acquire(ctx, r.weight); err != nil {
		return context.Cause(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r.first = w.next
	w.next += r.count
	w.open = append(w.open, r)
	w.settle()
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
			at = w.find(n)
		}
		r := w.open[at]
		r.mark(n)
		if _, copied := w.copied[n]; copied {
			delete(w.copied, n)
		} else {
			r.busy--
		}
	}
	w.settle()
}

// holds says that an event will be open for long and does not need the bytes of
// its reply any more.
func (w *watermark) holds(number int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.copied[number] = struct{}{}
	w.open[w.find(number)].busy--
	w.settle()
}

// remembers takes the positions before and behind an event that is open. The
// watermark's position is then exact when all before the event is done, and when
// the event is done too, whether or not their reply is still there.
func (w *watermark) remembers(number int64, before, behind lifecycle.Position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[number-1], w.known[number] = before, behind
}

// find is the place of the open reply that has an event: the last one that does
// not begin behind it.
func (w *watermark) find(number int64) int {
	return sort.Search(len(w.open), func(i int) bool { return w.open[i].first > number }) - 1
}

// settle raises the low watermark as far as it can, and lets go of what is not
// needed any more.
func (w *watermark) settle() {
	before := w.low
	for len(w.open) > 0 && w.raise(w.open[0]) {
		r := w.open[0]
		w.at, w.atLow = r.after, w.low
		w.letGo(r)
		w.open = slices.Delete(w.open, 0, 1)
	}
	for n, p := range w.known {
		if n < w.low {
			delete(w.known, n)
			if n >= w.atLow {
				w.at, w.atLow = p, n+1
			}
		}
	}
	w.shrink()
	if w.low > before {
		close(w.moved)
		w.moved = make(chan struct{})
	}
}

// raise moves low through the first open reply and answers whether all of it is
// done.
func (w *watermark) raise(r *reply) bool {
	if r.left == 0 {
		w.low = r.first + r.count
		return true
	}
	for r.marked(w.low) {
		w.low++
	}
	return false
}

// shrink drops the bytes of replies that nobody needs, and makes one of
// neighbours that are done.
func (w *watermark) shrink() {
	for i := 0; i < len(w.open); i++ {
		r := w.open[i]
		if r.busy > 0 || r.events == nil && r.left > 0 {
			continue
		}
		if r.events != nil && i == 0 {
			w.at, w.atLow = w.positionLocked(), w.low // the token is in the bytes
		}
		w.letGo(r)
		if i > 0 && r.left == 0 && w.open[i-1].left == 0 {
			w.open[i-1].count += r.count
			w.open[i-1].after = r.after
			w.open = slices.Delete(w.open, i, i+1)
			i--
		}
	}
}

func (w *watermark) letGo(r *reply) {
	w.room.Release(r.weight)
	r.events, r.weight = nil, 0
	if r.left == 0 {
		r.done = nil
	}
}

// position is what may be stored now.
func (w *watermark) position() lifecycle.Position {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.positionLocked()
}

func (w *watermark) positionLocked() lifecycle.Position {
	if len(w.open) == 0 || w.low <= max(w.open[0].first, w.atLow) || w.open[0].events == nil {
		return w.at
	}
	last := w.open[0].events[w.low-w.open[0].first-1]
	e, err := decode(last)
	if err != nil { // it was decoded before it was done
		return w.at
	}
	return e.behind()
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
