//go:build unix

package cases_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/mongotest"
)

// writer is a user who writes without a pause until he is refused.
type writer struct {
	namespace    string // of the documents; empty for one who changes the schema
	cancel       context.CancelFunc
	ended        chan struct{}
	acknowledged atomic.Int64
	err          error // once ended is closed
}

const (
	codeBlocked = 371 // UserWritesBlocked

	// codeIndexBuildAborted is how a write block ends an index build under way.
	codeIndexBuildAborted = 276
)

func (w *world) writerVerb(s cases.Statement) error {
	if s.Arg(1) == "done" {
		return w.writerDone()
	}
	ctx, cancel := context.WithCancel(w.ctx)
	x := &writer{cancel: cancel, ended: make(chan struct{})}
	w.writer = x
	write := changeSchema(w.clients[w.source][mongotest.DDL].Database(s.Arg(2)))
	if s.Arg(1) != "ddl" {
		x.namespace = s.Arg(1)
		db, coll := split(x.namespace)
		write = insertOne(w.clients[w.source][mongotest.App].Database(db).Collection(coll))
	}
	go x.work(ctx, write)
	return await(patience, "the first writes", func() (bool, error) { return x.acknowledged.Load() > 10, nil })
}

func (x *writer) work(ctx context.Context, write func(context.Context, int64) error) {
	defer close(x.ended)
	for n := int64(0); x.err == nil; n++ {
		if x.err = write(ctx, n); x.err == nil {
			x.acknowledged.Store(n + 1)
		}
	}
}

func insertOne(coll *mongo.Collection) func(context.Context, int64) error {
	return func(ctx context.Context, n int64) error {
		_, err := coll.InsertOne(ctx, d("_id", n))
		return err
	}
}

// changeSchema makes, fills, indexes, renames and drops collections.
func changeSchema(db *mongo.Database) func(context.Context, int64) error {
	return func(ctx context.Context, n int64) error {
		name := fmt.Sprintf("c%d", n/5)
		switch n % 5 {
		case 0:
			return run(ctx, db, d("create", name))
		case 1:
			return run(ctx, db, d("insert", name, "documents", []any{d("_id", n)}))
		case 2:
			err := run(ctx, db, d("createIndexes", name, "indexes", []any{d("key", d("a", 1), "name", "a", "unique", true)}))
			if hasCode(err, codeIndexBuildAborted) {
				return nil // the next statement is to be refused
			}
			return err
		case 3:
			return run(ctx, db.Client().Database("admin"), d("renameCollection", db.Name()+"."+name, "to", db.Name()+".r"+name))
		}
		if n/5%3 > 0 {
			return run(ctx, db, d("collMod", "r"+name, "validator", d("n", n)))
		}
		return run(ctx, db, d("drop", "r"+name))
	}
}

func (x *writer) stop() {
	x.cancel()
	<-x.ended
}

// writerDone wants the writer to have been refused, and what was acknowledged to
// be on both sides.
func (w *world) writerDone() error {
	x := w.writer
	select {
	case <-x.ended:
	case <-time.After(patience):
		return fmt.Errorf("the writer still writes")
	}
	if server, ok := errors.AsType[mongo.ServerError](x.err); !ok || !server.HasErrorCode(codeBlocked) {
		return fmt.Errorf("the writer was to be refused with code %d, not: %w", codeBlocked, x.err)
	}
	if x.namespace == "" {
		return nil // what there must be is for the comparison to say
	}
	db, coll := split(x.namespace)
	for side := range w.sets {
		n, err := w.clients[side][mongotest.Root].Database(db).Collection(coll).CountDocuments(w.ctx, d("_id", d("$lt", x.acknowledged.Load())))
		if err != nil {
			return err
		}
		if n != x.acknowledged.Load() {
			return fmt.Errorf("cluster%d has %d of %d acknowledged documents", side, n, x.acknowledged.Load())
		}
	}
	return nil
}
