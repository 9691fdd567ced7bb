package applier

import (
	"context"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// barrier is where schema events wait for their turn, and with them the changes
// behind them that concern the same collections. Changes of other collections go
// past it. Schema events are applied one after the other, in the order of the
// stream; which of them could change places is not worth knowing.
//
// Why going past is safe. A change is of one collection, known by its UUID. If no
// schema event that waits concerns that collection, then the catalog and the
// destination are, as far as it goes, where they will be when all of these have
// been applied: it is known (a create that waits would hold it), it has its name
// (a rename would), and its documents are nobody else's. If a crash makes the
// change and the schema events be replayed, the change meets the same collection
// as before.
type barrier struct {
	line    []waiting // in the order of the stream; the first is a schema event, and it is being applied
	weight  int64
	holding held // what the schema events in line concern
	begin   func(waiting) error
	passed  chan error // how the application of the first ended
	running sync.WaitGroup
}

// waiting is an event in line, with its own copy of the event's bytes.
type waiting struct {
	number int64
	event  event
	schema bool
	scope  scope
	weight int64
}

func newBarrier() *barrier { return &barrier{holding: newHeld(), passed: make(chan error, 1)} }

// holds reports whether a change has to wait.
func (b *barrier) holds(e *event) bool { return len(b.line) > 0 && b.holding.has(e) }

// fits reports whether the line has room. A single event always fits.
func (b *barrier) fits(weight int64) bool { return len(b.line) == 0 || b.weight+weight <= waitingBytes }

// add puts an event at the end of the line.
func (b *barrier) add(w waiting) {
	b.line = append(b.line, w)
	b.weight += w.weight
	if w.schema {
		b.holding.add(w.scope)
	}
	if len(b.line) == 1 {
		b.start()
	}
}

// start has the first in line applied.
func (b *barrier) start() {
	first := b.line[0]
	b.running.Go(func() { b.passed <- b.begin(first) })
}

// pop takes the first, which has been applied, out of the line, and with it the
// changes that wait for no other. Then the next one's turn begins.
func (b *barrier) pop() (applied waiting, free []waiting) {
	applied = b.line[0]
	b.weight -= applied.weight
	b.holding = newHeld()
	kept := b.line[:0]
	for _, w := range b.line[1:] {
		switch {
		case w.schema:
			b.holding.add(w.scope)
		case !b.holding.has(&w.event):
			free = append(free, w)
			b.weight -= w.weight
			continue
		}
		kept = append(kept, w)
	}
	clear(b.line[len(kept):])
	b.line = kept
	if len(b.line) > 0 {
		b.start()
	}
	return applied, free
}

// wait returns when nothing is being applied.
func (b *barrier) wait() { b.running.Wait() }

// hold puts an event in line, and waits before that for as long as the line has
// no room: then the stream waits too.
func (d *dispatcher) hold(run context.Context, number int64, doc bson.Raw, e *event) error {
	w := waiting{number: number, schema: e.kind == ddl, weight: int64(len(doc)) + waitingFrame}
	if w.schema {
		var takesPart bool
		if w.scope, takesPart = d.scopeOf(e); !takesPart {
			d.marks.done(number)
			return nil
		}
	}
	for !d.barrier.fits(w.weight) {
		if err := d.passOne(run); err != nil {
			return err
		}
	}
	if !w.schema && !d.barrier.holds(e) { // what held it has been applied meanwhile
		return d.give(run, number, e)
	}
	var err error
	if w.event, err = decode(slices.Clone(doc)); err != nil {
		return err
	}
	if w.schema {
		before, err := d.before(number)
		if err != nil {
			return err
		}
		d.marks.remembers(number, before, w.event.behind())
	}
	d.out(e.time)
	d.marks.holds(number)
	d.barrier.add(w)
	return nil
}

// passOne waits until the first schema event in line has been applied, and goes on.
func (d *dispatcher) passOne(run context.Context) error {
	select {
	case <-run.Done():
		return context.Cause(run)
	case err := <-d.barrier.passed:
		return d.release(run, err)
	}
}

// before is the position behind the event before one of the reply in hand. A
// schema event is applied when that position has been stored, exactly: if one of
// the changes before it were replayed, it could meet a collection that is gone.
func (d *dispatcher) before(number int64) (lifecycle.Position, error) {
	if number == d.first {
		return d.earlier, nil
	}
	e, err := decode(d.events[number-d.first-1])
	return e.behind(), err
}

// release goes on after the first schema event in line has been applied, with
// this outcome.
func (d *dispatcher) release(run context.Context, err error) error {
	if err != nil {
		return err
	}
	applied, free := d.barrier.pop()
	d.forget(applied.scope)
	for i := range free {
		if err := d.give(run, free[i].number, &free[i].event); err != nil {
			return err
		}
	}
	return nil
}

// drain waits until nothing is in line any more, at the wished end of the run.
func (d *dispatcher) drain(run context.Context) error {
	for len(d.barrier.line) > 0 {
		if err := d.passOne(run); err != nil {
			return err
		}
	}
	return errReached
}

// forget drops what is known of the collections that a schema event concerned.
func (d *dispatcher) forget(s scope) {
	for _, u := range s.uuids {
		delete(d.targets, u)
	}
	if s.db == "" {
		return
	}
	for u, t := range d.targets {
		if t.place.Load().ns.DB == s.db {
			delete(d.targets, u)
		}
	}
}
