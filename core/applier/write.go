package applier

import (
	"context"
	"fmt"

	"github.com/revsync/revsync/core/mdb"
)

// write carries out a plan. It may be called again after an error.
func (w *worker) write(ctx context.Context, p *plan) error {
	for _, c := range p.collections {
		if err := w.writeCollection(ctx, p, c); err != nil {
			return err
		}
	}
	return nil
}

// writeCollection never writes by name alone: when the name has come to mean
// another collection, the catalog is asked where this one went, and if it does
// not know either, somebody else has moved it.
func (w *worker) writeCollection(ctx context.Context, p *plan, c *collectionPlan) error {
	for {
		at := c.target.place.Load()
		err := w.writeStages(ctx, p, c, at)
		if !mdb.HasCode(err, mdb.CodeCollectionUUIDMismatch) {
			return err
		}
		now, known := w.cfg.Catalog.BySource(c.target.source)
		if !known || now.NS == at.ns && [16]byte(at.dest.Data) == now.Dest {
			return fmt.Errorf("the destination's collection %s is not the one that the sync has created; somebody has renamed, dropped or replaced it: start the sync anew: %w", at.ns, err)
		}
		if err := c.target.locate(now); err != nil {
			return err
		}
	}
}

func (w *worker) writeStages(ctx context.Context, p *plan, c *collectionPlan, at *place) error {
	for i := range c.stages {
		s := &c.stages[i]
		fetch := func(o *op) error { return w.fetchAndWrite(ctx, p, c.target, at, o) }
		if err := stretches(s.inserts, fetch, func(ops []*op) error { return w.inserts(ctx, c.target, at, ops) }); err != nil {
			return err
		}
		if err := stretches(s.updates, fetch, func(ops []*op) error { return w.updates(ctx, p, c.target, at, ops) }); err != nil {
			return err
		}
		if err := w.deletes(ctx, at, s.deletes); err != nil {
			return err
		}
	}
	return nil
}

// inserts tries plain inserts first, because an upsert would look for the
// document before it inserts. A document that is there already is replaced. So
// is one whose insert was refused for any other reason of its own: if it is not
// a duplicate in disguise (6.0.5 words that of some ids as another error), the
// replacement is refused too, and says why.
func (w *worker) inserts(ctx context.Context, t *target, at *place, ops []*op) error {
	if t.ordered {
		return w.insertInOrder(ctx, at, ops)
	}
	plain, there := partition(ops, func(o *op) bool { return !needsLiteral(o.doc) })
	_, err := w.send(ctx, at, plain, w.insertCommand(false), func(o *op, e mdb.WriteError) error {
		if !own(e) {
			return refused("insert", at.ns, o, e)
		}
		there = append(there, o)
		return nil
	})
	if err != nil {
		return err
	}
	return w.replaces(ctx, at, there)
}

func (w *worker) insertCommand(ordered bool) command {
	return command{do: w.cfg.To.Insert, append: func(_ []byte, o *op) []byte { return o.doc }, ordered: ordered}
}

// replaces puts documents in the place of what is there. Where a collation takes
// another id for equal, the server refuses to change the id; then the other
// document is deleted first. For documents that do not fit into a statement or
// the oplog beside a copy of their _id, see wide.
func (w *worker) replaces(ctx context.Context, at *place, ops []*op) error {
	if len(ops) == 0 {
		return nil
	}
	ops, wide := partition(ops, func(o *op) bool { return o.statementSize(len(o.doc)) <= statementBytes })
	for _, o := range wide {
		if err := w.wide(ctx, at, o); err != nil {
			return err
		}
	}
	var others []*op
	_, err := w.send(ctx, at, ops, command{do: w.cfg.To.Update, append: appendReplace}, func(o *op, e mdb.WriteError) error {
		if e.Code != codeImmutableField {
			return refused("replace", at.ns, o, e)
		}
		others = append(others, o)
		return nil
	})
	if err != nil || len(others) == 0 {
		return err
	}
	if err := w.deletes(ctx, at, others); err != nil {
		return err
	}
	_, err = w.send(ctx, at, others, command{do: w.cfg.To.Update, append: appendReplace}, refusedAll("replace", at.ns))
	return err
}

// updates sends deltas and replacements in their order. What does not fit is
// repaired afterwards; the later changes of such a document may have been
// applied by then, see repair for why that is all right.
func (w *worker) updates(ctx context.Context, p *plan, t *target, at *place, ops []*op) error {
	ops, misfits := partition(ops, func(o *op) bool { return o.kind != update || o.statementSize(len(o.deltas[0])) <= statementBytes })
	missed, err := w.send(ctx, at, ops, command{do: w.cfg.To.Update, append: appendUpdateOrReplace}, func(o *op, e mdb.WriteError) error {
		if !own(e) || e.Code == mdb.CodeDuplicateKey {
			return refused("update", at.ns, o, e)
		}
		misfits = append(misfits, o)
		return nil
	})
	if err != nil {
		return err
	}
	w.counts.unmatched.Add(int64(missed))
	return w.repair(ctx, p, t, at, misfits)
}

func appendUpdateOrReplace(dst []byte, o *op) []byte {
	if o.kind == update {
		return appendUpdate(dst, o)
	}
	return appendReplace(dst, o)
}

func (w *worker) deletes(ctx context.Context, at *place, ops []*op) error {
	_, err := w.send(ctx, at, ops, command{do: w.cfg.To.Delete, append: appendDelete}, refusedAll("delete", at.ns))
	return err
}

// partition splits a list in two, each in the old order.
func partition(ops []*op, first func(*op) bool) (yes, no []*op) {
	for _, o := range ops {
		if first(o) {
			yes = append(yes, o)
		} else {
			no = append(no, o)
		}
	}
	return yes, no
}
