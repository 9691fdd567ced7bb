package copier_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/mdb"
)

// TestCappedOrder: the order of insertion arrives, also after failures on
// either side and after a copy that ended in the middle.
func TestCappedOrder(t *testing.T) {
	for name, fail := range map[string]struct {
		source bool
		mode   bson.D
		data   bson.D
		ends   bool // the first copy ends with an error
	}{
		"no failure":           {},
		"getMore fails":        {source: true, mode: times(1), data: failing(189, "getMore")},
		"insert is not done":   {mode: times(1), data: failing(262, "insert")},
		"insert is done twice": {mode: times(1), data: bson.D{{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 64}}}}},
		"copy ends":            {mode: skip(4), data: failing(14031, "insert"), ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.capped("log", 1<<20)
			w.appendTo("log", 0, 200)
			job := w.job(w.relaxed("shop"), copier.Limits{RangeBytes: 1000, BatchDocuments: 20})
			total, err := job.Partition(w.ctx())
			require.NoError(t, err)
			require.Len(t, w.ranges(), 1)
			side := w.dst
			if fail.source {
				side = w.src
			}
			if fail.data != nil {
				failCommand(t, side, fail.mode, fail.data)
			}
			err = job.Copy(w.ctx())
			if fail.ends {
				require.Error(t, err)
				require.NotEmpty(t, content(t, w.dst, "shop", "log"))
				disarm(t, side)
				err = w.job(job.Catalog, job.Limits).Copy(w.ctx())
			}
			require.NoError(t, err)
			w.requireEqual("shop", "log", true)
			if !fail.ends {
				require.Equal(t, total, job.Copied())
			}
		})
	}
}

// TestCappedPositionLost lets a user overwrite the collection faster than it is
// read.
func TestCappedPositionLost(t *testing.T) {
	w := newWorld(t)
	w.capped("log", 100_000)
	w.appendTo("log", 0, 500)
	job := w.job(w.relaxed("shop"), copier.Limits{BatchDocuments: 20})
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	held, release := hold(t, w.dst, "shop.log")
	done := begin(w.ctx(), job)
	held(1)
	w.appendTo("log", 500, 3000) // several times what it holds
	release()
	require.NoError(t, <-done)
	require.Equal(t, 1, w.reports.count(mdb.CodeCappedPositionLost))
	w.requireEqual("shop", "log", true)
}

func (w *world) capped(coll string, size int) {
	run(w.t, w.src, "shop", bson.D{{Key: "create", Value: coll}, {Key: "capped", Value: true}, {Key: "size", Value: size}})
}

// appendTo inserts documents whose _id does not grow with their order.
func (w *world) appendTo(coll string, from, to int) {
	docs := make([]any, 0, to-from)
	for i := from; i < to; i++ {
		docs = append(docs, bson.D{{Key: "_id", Value: fmt.Sprint(i*7919%10007, "-", i)}, {Key: "n", Value: i}, {Key: "pad", Value: make([]byte, 100)}})
	}
	_, err := w.src.Database("shop").Collection(coll).InsertMany(w.ctx(), docs)
	require.NoError(w.t, err)
}

// relaxed is a catalog whose capped collections have room on the destination, as
// they have while a sync runs.
func (w *world) relaxed(db string) *catalog {
	c := w.catalog(db)
	for _, coll := range c.colls {
		if coll.Options.Lookup("capped").IsZero() {
			continue
		}
		run(w.t, w.dst, db, bson.D{{Key: "collMod", Value: coll.NS.Coll}, {Key: "cappedSize", Value: int64(1 << 50)}})
	}
	return c
}
