package applier

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// own reports whether a statement was refused because of the document and not
// because of the moment (then the whole batch is tried again), of another
// incarnation of the collection, or of a write block.
func own(e mdb.WriteError) bool {
	switch e.Code {
	case mdb.CodeCollectionUUIDMismatch, mdb.CodeUserWritesBlocked:
		return false
	}
	return mdb.ClassOf(e.Fault()) == mdb.Permanent
}

// repair replaces documents whose changes the destination has refused by what
// the source holds now, or deletes them when the source holds nothing.
//
// Why this converges: the document is read at a time T that is not before the
// newest event of the batch. So it contains the refused change, and also the
// later ones of the batch, applied before this repair or not. What follows for
// this document (the later stages, later batches) is the complete rest of its
// history from somewhere before T on; replayed over the state at T it ends where
// the source ends, as for a document that the copy read later than its first
// event. A further misfit among them is repaired again, with a later T.
func (w *worker) repair(ctx context.Context, p *plan, t *target, at *place, misfits []*op) error {
	for _, o := range misfits {
		doc, err := w.current(ctx, t, at.ns, o.id, p.newest)
		if err != nil {
			return fmt.Errorf("read %s of %s again: %w", shortID(o.id), at.ns, err)
		}
		if doc == nil {
			err = w.deletes(ctx, at, []*op{{kind: remove, id: o.id}})
		} else {
			err = w.replaces(ctx, at, []*op{{kind: replace, id: o.id, doc: doc}})
		}
		if err != nil {
			return err
		}
		w.counts.repaired.Add(1)
	}
	return nil
}

// current reads a document from the source by its collection's UUID, as a
// majority has it at or after a time. name is what the collection was called
// when the event happened; if the source has renamed it since, its answer tells
// the new name. nil means that document or collection is gone.
func (w *worker) current(ctx context.Context, t *target, name mdb.Namespace, id value, after lifecycle.OpTime) (bson.Raw, error) {
	coll := name.Coll
	for {
		docs, err := w.cfg.From.All(ctx, name.DB, bson.D{
			{Key: "find", Value: coll},
			{Key: "filter", Value: bson.D{{Key: "_id", Value: id.raw()}}},
			{Key: "limit", Value: 1},
			{Key: "collectionUUID", Value: t.source.Binary()},
			{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}, {Key: "afterClusterTime", Value: mdb.Timestamp(after)}}},
		})
		if err == nil && len(docs) > 0 {
			return docs[0], nil
		}
		var moved bool
		switch coll, moved = mdb.MovedTo(err); {
		case !moved:
			return nil, err
		case coll == "":
			return nil, nil
		}
	}
}
