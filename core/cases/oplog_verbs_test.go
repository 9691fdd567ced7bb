//go:build unix

package cases_test

import (
	"cmp"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/mongotest"
)

// overwrite writes until nothing is left of what the oplog of a side holds now.
// How much that takes depends on when the server makes its checkpoints. In admin, in
// which the sync takes no part, its position follows each time.
func (w *world) overwrite(s cases.Statement) error {
	side, err := w.side(s.Arg(1))
	if err != nil {
		return err
	}
	newest, err := w.oplogTime(side, -1)
	if err != nil {
		return err
	}
	db := cmp.Or(s.Arg(2), "load")
	return await(2*patience, "the oplog to be overwritten", func() (bool, error) {
		if err := w.loadMegabytes(side, db, 8); err != nil {
			return false, err
		}
		if db == "admin" {
			if err := w.applied(); err != nil {
				return false, err
			}
		}
		oldest, err := w.oplogTime(side, 1)
		return oldest.After(newest), err
	})
}

// loadMegabytes updates a few large documents.
func (w *world) loadMegabytes(side int, db string, megabytes int) error {
	coll := w.clients[side][mongotest.Root].Database(db).Collection("load")
	for i := range megabytes {
		large := strings.Repeat(string(rune('a'+i%26)), 1<<20)
		if _, err := coll.UpdateOne(w.ctx, d("_id", i%4), d("$set", d("p", large)), options.UpdateOne().SetUpsert(true)); err != nil {
			return err
		}
	}
	return nil
}

// oplogTime is that of the oldest entry (1) or of the newest (-1).
func (w *world) oplogTime(side, natural int) (bson.Timestamp, error) {
	var entry struct {
		TS bson.Timestamp `bson:"ts"`
	}
	oplog := w.clients[side][mongotest.Root].Database("local").Collection("oplog.rs")
	err := oplog.FindOne(w.ctx, d(), options.FindOne().SetSort(d("$natural", natural))).Decode(&entry)
	return entry.TS, err
}
