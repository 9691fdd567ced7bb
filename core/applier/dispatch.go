package applier

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/schema"
)

// dispatcher reads the events' headers and gives each change to the worker of
// its key, or to the barrier while it has to wait for a schema event. It is one
// goroutine: what it does is done in the order of the stream.
type dispatcher struct {
	*Applier
	checkpoints *checkpoints
	queues      []chan change
	barrier     *barrier
	targets     map[schema.UUID]*target
	last        lifecycle.OpTime  // of the newest event given out
	bound       *lifecycle.OpTime // where to stop; nil while nobody has asked
	scratch     []byte

	first   int64 // the reply in hand: its first number, its events, and the position before it
	events  []bson.Raw
	earlier lifecycle.Position
}

// run ends with errReached, the cause of run, or a permanent error. What is
// under way at the end of run goes on in work; run waits for it.
func (d *dispatcher) run(run, work context.Context, replies <-chan *reply) error {
	run, fail := context.WithCancelCause(run)
	defer d.barrier.wait()
	defer fail(nil)
	d.barrier.begin = func(w waiting) error {
		err := d.changeSchema(run, work, w.number, &w.event)
		if err != nil {
			fail(err) // the dispatcher may be waiting for something else
		}
		return err
	}
	for {
		select {
		case <-run.Done():
			return context.Cause(run)
		case err := <-d.barrier.passed:
			if err := d.release(run, err); err != nil {
				return err
			}
		case r := <-replies:
			err := d.reply(run, r)
			if errors.Is(err, errReached) {
				return d.drain(run)
			}
			if err != nil {
				return err
			}
		}
	}
}

func (d *dispatcher) reply(run context.Context, r *reply) error {
	d.events = r.events // the watermark drops its own reference when it can
	defer func() { d.events, d.earlier = nil, r.after }()
	if err := d.marks.add(run, r); err != nil {
		return err
	}
	d.first = r.first
	d.counts.atEnd.Store(r.end)
	for i, doc := range d.events {
		if err := d.event(run, r.first+int64(i), doc); err != nil {
			return err
		}
	}
	// All events up to the time of the post batch token are out, except those of
	// that very time, which may be the inside of a transaction.
	if d.beyond(r.after.Time) {
		return errReached
	}
	return nil
}

func (d *dispatcher) event(run context.Context, number int64, doc bson.Raw) error {
	e, err := decode(doc)
	if err != nil {
		return err
	}
	if d.beyond(e.time) {
		return errReached
	}
	if e.kind == ddl || d.barrier.holds(&e) {
		return d.hold(run, number, doc, &e)
	}
	return d.give(run, number, &e)
}

// give hands a change to its worker.
func (d *dispatcher) give(run context.Context, number int64, e *event) error {
	t, err := d.targetOf(e)
	if err != nil {
		return err
	}
	if t == nil {
		d.marks.done(number)
		return nil
	}
	d.out(e.time)
	c := change{number: number, target: t, kind: e.kind, time: e.time, id: e.id, body: e.body, fetch: e.bodyless && e.kind != remove}
	c.key, d.scratch = keyOf(t, e.id, d.scratch)
	select {
	case d.queues[c.key%uint64(len(d.queues))] <- c:
		return nil
	case <-run.Done():
		return context.Cause(run)
	}
}

// out notes that an event was given out; those that had to wait come late.
func (d *dispatcher) out(t lifecycle.OpTime) {
	if d.last.Before(t) {
		d.last = t
	}
}

// beyond reports whether t is later than the wished end of the run. The end is
// fixed when the wish is first seen: not before what is out already.
func (d *dispatcher) beyond(t lifecycle.OpTime) bool {
	if d.bound == nil {
		wish, ok := d.stop.wish()
		if !ok {
			return false
		}
		if wish.Before(d.last) {
			wish = d.last
		}
		d.bound = &wish
	}
	return d.bound.Before(t)
}

// targetOf finds the collection of a change; nil when the change is no part of
// the sync. The catalog is asked before the name: a name can have meant another
// collection at the time of the event.
func (d *dispatcher) targetOf(e *event) (*target, error) {
	if t := d.targets[e.uuid]; t != nil {
		return t, nil
	}
	c, known := d.cfg.Catalog.BySource(e.uuid)
	if known {
		t, err := newTarget(c)
		d.targets[e.uuid] = t
		return t, err
	}
	if e.time.Compare(d.cfg.SchemaTime) <= 0 || !d.cfg.Keep(e.ns()) {
		return nil, nil
	}
	return nil, fmt.Errorf("a change of %s at %s belongs to a collection that the sync does not know (UUID %x), though no event has created it: start the sync anew", e.ns(), e.time, e.uuid[:])
}

func (d *dispatcher) closeQueues() {
	for _, q := range d.queues {
		close(q)
	}
}
