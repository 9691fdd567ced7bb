package applier

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/schema"
)

// dispatcher reads the events' headers and gives each change to the worker of
// its key. It is one goroutine: what it does is done in the order of the stream.
type dispatcher struct {
	*Applier
	checkpoints *checkpoints
	queues      []chan change
	targets     map[schema.UUID]*target
	last        lifecycle.OpTime  // of the newest event given out
	bound       *lifecycle.OpTime // where to stop; nil while nobody has asked
	scratch     []byte
}

// run ends with errReached, the cause of run, or a permanent error. What is
// under way at the end of run goes on in work.
func (d *dispatcher) run(run, work context.Context, replies <-chan *reply) error {
	for {
		select {
		case <-run.Done():
			return context.Cause(run)
		case r := <-replies:
			if err := d.reply(run, work, r); err != nil {
				return err
			}
		}
	}
}

func (d *dispatcher) reply(run, work context.Context, r *reply) error {
	if err := d.marks.add(run, r); err != nil {
		return err
	}
	d.counts.atEnd.Store(len(r.events) < replyEvents && r.weight < replyBytes)
	for i, doc := range r.events {
		if err := d.event(run, work, r.first+int64(i), doc); err != nil {
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

func (d *dispatcher) event(run, work context.Context, number int64, doc bson.Raw) error {
	e, err := decode(doc)
	if err != nil {
		return err
	}
	if d.beyond(e.time) {
		return errReached
	}
	if e.kind == ddl {
		return d.changeSchema(run, work, number, &e)
	}
	t, err := d.targetOf(&e)
	if err != nil {
		return err
	}
	if t == nil {
		d.marks.done(number)
		return nil
	}
	d.last = e.time
	c := change{number: number, target: t, kind: e.kind, time: e.time, id: e.id, body: e.body}
	c.key, d.scratch = keyOf(t, e.id, d.scratch)
	select {
	case d.queues[c.key%uint64(len(d.queues))] <- c:
		return nil
	case <-run.Done():
		return context.Cause(run)
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
