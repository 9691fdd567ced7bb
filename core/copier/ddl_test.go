package copier_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
)

// TestDDLWhileCopying changes the collection on the source after the first
// batch was read and before the third can be.
func TestDDLWhileCopying(t *testing.T) {
	for name, ddl := range map[string]struct {
		db   string
		cmd  bson.D
		coll string // what it is called then; empty when it is gone
	}{
		"rename":        {"admin", bson.D{{Key: "renameCollection", Value: "shop.orders"}, {Key: "to", Value: "shop.archive"}}, "archive"},
		"swap":          {"admin", bson.D{{Key: "renameCollection", Value: "shop.orders"}, {Key: "to", Value: "shop.items"}, {Key: "dropTarget", Value: true}}, "items"},
		"drop":          {"shop", bson.D{{Key: "drop", Value: "orders"}}, ""},
		"drop database": {"shop", bson.D{{Key: "dropDatabase", Value: 1}}, ""},
		"move away":     {"admin", bson.D{{Key: "renameCollection", Value: "shop.orders"}, {Key: "to", Value: "shop2.orders"}}, ""},
	} {
		for _, kind := range []string{"plain", "capped"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				w := newWorld(t)
				if kind == "capped" {
					w.capped("orders", 1<<20)
				}
				w.numbered("shop", "orders", 300)
				w.numbered("shop", "items", 5)
				cat := w.catalog("shop")
				job := w.job(cat, copier.Limits{BatchDocuments: 20, HeldBytes: 1})
				job.Readers, job.Writers = 1, 1
				_, err := job.Partition(w.ctx())
				require.NoError(t, err)
				held, release := hold(t, w.dst, "shop.orders")
				done := begin(w.ctx(), job)
				held(1)
				run(t, w.src, ddl.db, ddl.cmd)
				if ddl.coll != "" { // another collection takes the name
					w.insert("shop", "orders", bson.D{{Key: "_id", Value: "not of this one"}})
				}
				release()
				require.NoError(t, <-done)
				got := content(t, w.dst, "shop", "orders")
				if ddl.coll == "" {
					require.Less(t, len(got), 300)
					return
				}
				requireSame(t, content(t, w.src, "shop", ddl.coll), got, kind == "capped")
				require.GreaterOrEqual(t, w.reports.count(175), 1, "the rename must have come while it was read")
			})
		}
	}
}

// TestDDLBeforePartition: a collection can be renamed or dropped between the
// snapshot of the schema and the copy.
func TestDDLBeforePartition(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 200)
	w.numbered("shop", "items", 200)
	cat := w.catalog("shop")
	run(t, w.src, "admin", bson.D{{Key: "renameCollection", Value: "shop.orders"}, {Key: "to", Value: "shop.archive"}})
	run(t, w.src, "shop", bson.D{{Key: "drop", Value: "items"}})
	w.copyAll(cat, small)
	require.Greater(t, len(w.ranges()), 2)
	requireSame(t, content(t, w.src, "shop", "archive"), content(t, w.dst, "shop", "orders"), false)
	require.Empty(t, content(t, w.dst, "shop", "items"))
}
