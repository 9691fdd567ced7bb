package copier_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// TestWithCatalog copies with the catalog of a real sync, in two runs.
func TestWithCatalog(t *testing.T) {
	w := newWorld(t)
	w.capped("log", 1<<20)
	w.appendTo("log", 0, 50)
	w.numbered("shop", "orders", 300)
	run(t, w.src, "shop", bson.D{{Key: "createIndexes", Value: "orders"}, {Key: "indexes", Value: bson.A{
		bson.D{{Key: "key", Value: bson.D{{Key: "v", Value: 1}}}, {Key: "name", Value: "v_1"}}}}})
	source, err := schema.Snapshot(w.ctx(), w.from, mdb.Namespace.User, w.reports.take)
	require.NoError(t, err)
	cat, err := schema.OpenCatalog(w.ctx(), w.to, 0)
	require.NoError(t, err)
	require.NoError(t, cat.Adopt(w.ctx(), source, false))
	job := w.job(cat, small)
	total, err := job.Partition(w.ctx())
	require.NoError(t, err)
	failCommand(t, w.dst, skip(6), failing(14031, "insert"))
	require.ErrorContains(t, job.Copy(w.ctx()), "shop.")
	disarm(t, w.dst)

	again, err := schema.OpenCatalog(w.ctx(), w.to, 0)
	require.NoError(t, err)
	second := w.job(again, copier.Limits{})
	require.NoError(t, second.Copy(w.ctx()))
	require.Equal(t, total, second.Copied())
	w.requireEqual("shop", "orders", false)
	w.requireEqual("shop", "log", true)
	require.Len(t, w.indexes("shop", "orders", "v_1"), 1)
}
