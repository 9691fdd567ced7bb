package copier

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// write is one writer: it inserts one batch after the other.
func (r *run) write(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case l, more := <-r.batches:
			if !more {
				return nil
			}
			if err := r.deliver(ctx, l); err != nil {
				return err
			}
		}
	}
}

func (r *run) deliver(ctx context.Context, l load) error {
	err := r.put(ctx, l.part, l.batch, r.insert)
	r.room.Release(r.weight(l.batch))
	if err != nil {
		return err
	}
	return r.release(ctx, l.part)
}

// put writes the documents of a batch as they are and returns when a majority
// has them.
func (r *run) put(ctx context.Context, p *part, b *mdb.Batch, insert putFunc) error {
	n, err := 0, error(nil)
	if mdb.InsertChanges(b.Docs) || anyWide(b) {
		n, err = r.putSorted(ctx, p.of, b, insert)
	} else {
		n, err = insert(ctx, p.of, b.Docs)
	}
	if err == nil {
		r.credit(p, documentBytes(b.Docs, n))
	}
	return err
}

// putFunc sends one command with these documents or statements and answers how
// many documents are there then.
type putFunc func(context.Context, *collection, bson.RawArray) (int, error)

// insert inserts documents in any order.
func (r *run) insert(ctx context.Context, c *collection, docs bson.RawArray) (int, error) {
	return r.command(ctx, c, "insert into", r.To.Insert, func(int) mdb.Write {
		w := c.target()
		w.Statements = docs
		return w
	})
}

// command sends what frame makes, again and again while the failure is of the
// moment, and once more when an ordered command has stopped at a duplicate: what
// arrived at an earlier try is there already at the next one. frame gets the
// number of the try, from 1, and must not ask for order for ever.
func (r *run) command(ctx context.Context, c *collection, verb string, send writeFunc, frame func(try int) mdb.Write) (n int, err error) {
	try := 0
	err = r.retry(ctx, verb+" "+c.NS.String(), func(ctx context.Context) error {
		for {
			try++
			w := frame(try)
			res, err := send(ctx, w)
			if err == nil {
				n, err = accepted(res)
			}
			if err != nil || !w.Ordered || len(res.Errors) == 0 {
				return err
			}
		}
	})
	return n, err
}
