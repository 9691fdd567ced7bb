package applier

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// command is one kind of write command and how its statements are made.
type command struct {
	do      func(context.Context, mdb.Write) (mdb.WriteResult, error)
	append  func(dst []byte, o *op) []byte // answers dst with the statement appended, or the statement itself
	ordered bool
}

// send writes ops in as many commands as their size needs. Statements that the
// server refused are handed to onError, whose error ends it. missed counts the
// statements that found no document.
func (w *worker) send(ctx context.Context, at *place, ops []*op, c command, onError func(*op, mdb.WriteError) error) (missed int, err error) {
	var scratch []byte
	for len(ops) > 0 {
		var statements mdb.Array
		statements.Grow(sizeOfStatements(ops))
		n := 0
		for ; n < len(ops); n++ {
			statement := c.append(scratch[:0], ops[n])
			if n > 0 && (statements.Size()+len(statement) > commandBytes || n == w.most) {
				break
			}
			statements.Add(statement)
			scratch = statement
		}
		res, err := c.do(ctx, mdb.Write{NS: at.ns, UUID: &at.dest, Statements: statements.Raw(), Ordered: c.ordered})
		if err != nil {
			return missed, err
		}
		for _, e := range res.Errors {
			if err := onError(ops[e.Index], e); err != nil {
				return missed, err
			}
		}
		missed += n - res.N - len(res.Errors)
		ops = ops[n:]
	}
	return missed, nil
}

// sizeOfStatements is about what the next command takes.
func sizeOfStatements(ops []*op) (size int) {
	for _, o := range ops {
		size += o.statementSize(len(o.doc)) + 12 // its name in the array
		for _, delta := range o.deltas {
			size += len(delta) + 64
		}
		if size > commandBytes {
			break
		}
	}
	return size
}

// refusedAll makes an error of every refused statement.
func refusedAll(verb string, ns mdb.Namespace) func(*op, mdb.WriteError) error {
	return func(o *op, e mdb.WriteError) error { return refused(verb, ns, o, e) }
}

// refused makes an error of a refused statement. It keeps the server's code, so
// that its class is known.
func refused(verb string, ns mdb.Namespace, o *op, e mdb.WriteError) error {
	switch {
	case e.Code == mdb.CodeDuplicateKey:
		return fmt.Errorf("%s %s in %s: its unique index on %s already has this key; while a sync runs no index of the destination may be unique: drop it there: %w", verb, shortID(o.id), ns, e.KeyPattern, e.Fault())
	case e.Code == mdb.CodeUserWritesBlocked:
		return fmt.Errorf("%s %s in %s: the destination's write block stops the sync too; its user needs the action bypassWriteBlockingMode (role restore): %w", verb, shortID(o.id), ns, e.Fault())
	}
	return fmt.Errorf("%s %s in %s: %w", verb, shortID(o.id), ns, e.Fault())
}

// shortID is an id for people.
func shortID(id value) string {
	const most = 120
	text := bson.RawValue{Type: id.kind, Value: id.data}.String()
	if len(text) > most {
		text = text[:most] + "..."
	}
	return "_id " + text
}
