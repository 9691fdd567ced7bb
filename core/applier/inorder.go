package applier

import (
	"context"
	"errors"

	"github.com/revsync/revsync/core/mdb"
)

// insertInOrder keeps the order of insertion, which a capped collection is
// about. A document that is there already is taken out and goes to the end: all
// that was inserted after it will be inserted again too, and so on, until the
// order is the source's.
func (w *worker) insertInOrder(ctx context.Context, at *place, ops []*op) error {
	for len(ops) > 0 {
		plain := ops
		for i, o := range ops {
			if needsLiteral(o.doc) || o.statementSize(len(o.doc)) > statementBytes {
				plain = ops[:i]
				break
			}
		}
		n, err := w.insertPlain(ctx, at, plain)
		if err != nil {
			return err
		}
		if ops = ops[n:]; n < len(plain) || len(ops) == 0 {
			continue
		}
		if err := w.deletes(ctx, at, ops[:1]); err != nil {
			return err
		}
		if err := w.replaces(ctx, at, ops[:1]); err != nil {
			return err
		}
		ops = ops[1:]
	}
	return nil
}

// insertPlain inserts up to the first document that is there already, which it
// takes out, and answers how many it has inserted.
func (w *worker) insertPlain(ctx context.Context, at *place, ops []*op) (int, error) {
	var there *op
	_, err := w.send(ctx, at, ops, w.insertCommand(true), func(o *op, e mdb.WriteError) error {
		if !e.OnID() {
			return refused("insert", at.ns, o, e)
		}
		there = o
		return errThere
	})
	if there == nil {
		return len(ops), err
	}
	n := 0
	for ops[n] != there {
		n++
	}
	return n, w.deletes(ctx, at, []*op{there})
}

var errThere = errors.New("a document is there already")
