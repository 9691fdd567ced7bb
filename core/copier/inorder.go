package copier

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// copyInOrder copies a capped collection so that the destination has its
// documents in the order of insertion: one cursor, one insert at a time, and
// from the beginning into an empty collection whenever the cursor was lost. A
// source that overwrites documents faster than they are read makes it begin
// again and again; that is visible through Report.
func (r *run) copyInOrder(ctx context.Context, p *part) error {
	for {
		err := r.retry(ctx, "copy the capped collection "+p.of.NS.String(), func(ctx context.Context) error {
			return r.passInOrder(ctx, p)
		})
		if !mdb.HasCode(err, mdb.CodeCappedPositionLost) {
			return err
		}
	}
}

func (r *run) passInOrder(ctx context.Context, p *part) error {
	if err := r.empty(ctx, p); err != nil {
		return err
	}
	s := newScan(r.source(p.of.Collection), p.Range)
	defer s.close(ctx)
	for {
		b, err := s.next(ctx)
		if err != nil || b == nil {
			return err
		}
		if err := r.put(ctx, p, b, r.insertInOrder); err != nil {
			return err
		}
	}
}

// empty removes what an earlier pass or run left. An insert that was given up
// can't come in between: Cluster sends nothing while one may be under way.
func (r *run) empty(ctx context.Context, p *part) error {
	all, err := bson.Marshal(bson.D{{Key: "q", Value: bson.D{}}, {Key: "limit", Value: 0}})
	if err != nil {
		return err
	}
	_, err = r.command(ctx, p.of, "empty", r.To.Delete, func(int) mdb.Write {
		w := p.of.target()
		var one mdb.Array
		one.Add(all)
		w.Statements = one.Raw()
		return w
	})
	if err == nil {
		r.credit(p, -p.copied.Load())
	}
	return err
}

// insertInOrder inserts documents in the order given. A second try is for what
// the first one may have left out, so it must pass over the others: unordered,
// which a server carries out in the same order, without stopping at duplicates.
func (r *run) insertInOrder(ctx context.Context, c *collection, docs bson.RawArray) (int, error) {
	return r.command(ctx, c, "insert into", r.To.Insert, func(try int) mdb.Write {
		w := c.target()
		w.Statements, w.Ordered = docs, try == 1
		return w
	})
}
