package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// change changes what mu guards and wakes all who wait for it.
func (r *Run) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	close(r.changed)
	r.changed = make(chan struct{})
}

// look reads what mu guards, and returns a channel that is closed when it changes.
func (r *Run) look(f func()) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	return r.changed
}

// await waits until done says so about what mu guards.
func (r *Run) await(ctx context.Context, done func() bool) error {
	for {
		var enough bool
		changed := r.look(func() { enough = done() })
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// park keeps a client that was refused on a side until there is another one. It
// reports whether to go on.
func (r *Run) park(ctx context.Context, refusedOn side) bool {
	r.change(func() { r.parked++ })
	defer r.change(func() { r.parked-- })
	for {
		var moved bool
		changed := r.look(func() { moved = r.side.number != refusedOn.number })
		if moved {
			return true
		}
		select {
		case <-changed:
		case <-r.stop:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// Switch tells the clients which side is open now: those that wait go on there,
// the others with their next operation. Naming the same side again makes those
// that wait try it once more. The old clients may be disconnected when
// WaitClosed had returned before.
func (r *Run) Switch(client, ddl *mongo.Client) {
	r.change(func() { r.side = side{app: client, ddl: ddl, number: r.side.number + 1} })
}

// WaitClosed waits until every client has been refused by the side that is
// written to, and so no more comes until Switch.
func (r *Run) WaitClosed(ctx context.Context) error {
	err := r.await(ctx, r.quiet)
	if err != nil {
		var parked int
		r.look(func() { parked = r.parked })
		return fmt.Errorf("%d of %d clients have found this side closed: %w", parked, len(r.workers), err)
	}
	return nil
}

// quiet reports that no client does anything.
func (r *Run) quiet() bool { return r.parked+r.ended == len(r.workers) }

// WaitEnd waits until every client has done Options.Operations and ended.
func (r *Run) WaitEnd(ctx context.Context) error {
	return r.await(ctx, func() bool { return r.ended == len(r.workers) })
}

// WaitWrites waits until every client has had n more operations acknowledged.
func (r *Run) WaitWrites(ctx context.Context, n int) error {
	goal := map[*worker]int64{}
	r.look(func() {
		for _, w := range r.workers {
			goal[w] = w.acknowledged + int64(n)
		}
	})
	var behind *worker
	err := r.await(ctx, func() bool {
		behind = nil
		for w, want := range goal {
			if w.acknowledged < want {
				behind = w
			}
		}
		return behind == nil
	})
	if err != nil {
		return fmt.Errorf("%s client %d, for one, has not had %d more operations acknowledged: %w", behind.kind, behind.number, n, err)
	}
	return nil
}
