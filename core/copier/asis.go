package copier

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// sortedBytes ends a command of putSorted: its statements are larger than the
// documents they hold, so that a full batch would not fit into one command.
const sortedBytes = 4 << 20

// putSorted writes a batch with documents that an insert would change, or that are
// too wide for one: those are written by updates, the ones between them by
// inserts, in the order of the batch.
func (r *run) putSorted(ctx context.Context, c *collection, b *mdb.Batch, insert putFunc) (int, error) {
	var run mdb.Array
	asIs, total := false, 0
	flush := func() error {
		if run.Count() == 0 {
			return nil
		}
		send := insert
		if asIs {
			send = r.update
		}
		n, err := send(ctx, c, run.Raw())
		run, total = mdb.Array{}, total+n
		return err
	}
	err := b.Each(func(doc bson.Raw) error {
		if wide(doc) {
			if err := flush(); err != nil {
				return err
			}
			total++
			return r.putPieces(ctx, c, doc, insert)
		}
		changes := mdb.InsertChangesDocument(doc)
		if changes != asIs || run.Size() > sortedBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		if asIs = changes; asIs {
			doc = mdb.AsIs(doc)
		}
		run.Add(doc)
		return nil
	})
	if err == nil {
		err = flush()
	}
	return total, err
}

func (r *run) update(ctx context.Context, c *collection, statements bson.RawArray) (int, error) {
	return r.command(ctx, c, "write into", r.To.Update, func(try int) mdb.Write {
		w := c.target()
		w.Statements, w.Ordered = statements, try == 1
		return w
	})
}
