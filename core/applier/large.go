package applier

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// stretches calls write with the ops of each stretch that holds none to fetch,
// and fetch with each of the others, in their order.
func stretches(ops []*op, fetch func(*op) error, write func([]*op) error) error {
	for len(ops) > 0 {
		n := 0
		for n < len(ops) && !ops[n].fetch {
			n++
		}
		if n > 0 {
			if err := write(ops[:n]); err != nil {
				return err
			}
		}
		if n < len(ops) {
			if err := fetch(ops[n]); err != nil {
				return err
			}
			n++
		}
		ops = ops[n:]
	}
	return nil
}

// fetchAndWrite carries out a change whose document or delta did not fit into an
// event: the document that the source holds now takes the place of what is
// there. It is a document of a later time than the event's; why that converges
// is said at repair. When it is gone, or its collection, its delete or drop is
// among the events to come.
func (w *worker) fetchAndWrite(ctx context.Context, p *plan, t *target, at *place, o *op) error {
	doc, err := w.current(ctx, t, at.ns, o.id, p.newest)
	switch {
	case err != nil:
		return fmt.Errorf("read %s of %s, whose event was too large: %w", shortID(o.id), at.ns, err)
	case doc == nil:
		err = w.deletes(ctx, at, []*op{{kind: remove, id: o.id}})
	case o.kind == insert:
		err = w.inserts(ctx, t, at, []*op{{kind: insert, id: o.id, doc: doc}})
	default:
		err = w.replaces(ctx, at, []*op{{kind: replace, id: o.id, doc: doc}})
	}
	if err == nil {
		w.counts.repaired.Add(1)
	}
	return err
}

// wide writes a document that is too large for a replacement, and perhaps for an
// insert: the oplog entry of either holds the _id twice, the entry of a delta
// only once. So the document begins as nothing but its _id and gets the other
// fields in pieces, at its end, which keeps their order. After a crash in the
// middle all of it is done again.
func (w *worker) wide(ctx context.Context, at *place, o *op) error {
	first, deltas, err := mdb.Pieces(o.doc, statementBytes-o.statementSize(0))
	if err != nil {
		return fmt.Errorf("write %s in %s in pieces: %w", shortID(o.id), at.ns, err)
	}
	if err := w.deletes(ctx, at, []*op{o}); err != nil {
		return err
	}
	begin := []*op{{kind: insert, id: o.id, doc: first}}
	if _, err := w.send(ctx, at, begin, w.insertCommand(true), refusedAll("insert", at.ns)); err != nil {
		return err
	}
	for _, delta := range deltas {
		piece := []*op{{kind: update, id: o.id, deltas: []bson.Raw{delta}}}
		if _, err := w.send(ctx, at, piece, command{do: w.cfg.To.Update, append: appendUpdate}, refusedAll("update", at.ns)); err != nil {
			return err
		}
	}
	return nil
}
