package copier_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// TestResume: a copy that failed half-way is taken up by another job. What it
// had finished is not copied again: a document that was removed there stays
// away, while everything else arrives.
func TestResume(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 1000)
	cat := w.catalog("shop")
	first := w.job(cat, small)
	total, err := first.Partition(w.ctx())
	require.NoError(t, err)
	failCommand(t, w.dst, skip(25), failing(14031, "insert"))
	require.ErrorContains(t, first.Copy(w.ctx()), "OutOfDiskSpace")
	disarm(t, w.dst)

	before := w.ranges()
	done := slices.IndexFunc(before, func(r copier.Range) bool { return r.Done && r.Min != nil })
	require.GreaterOrEqual(t, done, 0, "a range must have been finished")
	require.True(t, slices.ContainsFunc(before, func(r copier.Range) bool { return !r.Done }))
	gone := before[done].Min
	_, err = w.dst.Database("shop").Collection("orders").DeleteOne(w.ctx(), gone)
	require.NoError(t, err)

	second := w.job(cat, small)
	require.NoError(t, second.Copy(w.ctx()))
	require.EqualValues(t, total, second.Copied(), "with what the first job had finished")
	require.False(t, slices.ContainsFunc(w.ranges(), func(r copier.Range) bool { return !r.Done }))
	want := slices.DeleteFunc(content(t, w.src, "shop", "orders"), func(d string) bool {
		return bson.Raw(d).Lookup("_id").Equal(gone.Lookup("_id"))
	})
	requireSame(t, want, content(t, w.dst, "shop", "orders"), false)

	require.NoError(t, second.Copy(w.ctx()), "with nothing left to do")
	require.EqualValues(t, total, second.Copied())
}

// TestIndexes: those of a finished collection are built while others are still
// being copied; a later run builds what an earlier one could not.
func TestIndexes(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "large", 300)
	w.numbered("shop", "medium", 200)
	w.numbered("shop", "tiny", 1)
	w.insert("shop", "none", bson.D{{Key: "_id", Value: 1}})
	cat := w.catalog("shop")
	cat.pretendIndexes("large", "medium", "tiny")
	job := w.job(cat, copier.Limits{BatchDocuments: 50, HeldBytes: 1})
	job.Readers, job.Writers = 1, 1
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	held, release := hold(t, w.dst, "shop.medium")
	done := begin(w.ctx(), job)
	held(1)
	require.Eventually(t, func() bool { return len(cat.order()) == 1 }, 20*time.Second, time.Millisecond, "the indexes of large, before medium is there")
	release()
	require.NoError(t, <-done)
	require.Equal(t, "large", cat.order()[0])
	require.ElementsMatch(t, []string{"large", "medium", "tiny"}, cat.order())
	require.NotEmpty(t, w.indexes("shop", "tiny", "v_1"))

	later := w.job(cat, copier.Limits{})
	require.NoError(t, later.Copy(w.ctx()), "as after a crash before the indexes were recorded")
	require.Len(t, cat.order(), 6)
	later.IndexWhen = lifecycle.NeverBuild
	require.NoError(t, later.Copy(w.ctx()))
	require.Len(t, cat.order(), 6)
}

// TestIncompleteRanges: a copy refuses to begin when its ranges do not cover
// every collection.
func TestIncompleteRanges(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 500)
	w.numbered("shop", "items", 1)
	cat := w.catalog("shop")
	job := w.job(cat, small)
	require.ErrorContains(t, job.Copy(w.ctx()), "has no ranges")
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	all := w.ranges()
	ranges := w.dst.Database(mdb.MetadataDB).Collection("ranges")
	for _, n := range []int{0, 1, len(all) - 2} { // the first, one, and the last of orders
		one := all[slices.IndexFunc(all, func(r copier.Range) bool { return r.ID.N == n && (r.Min != nil || r.Max != nil) })]
		_, err := ranges.DeleteOne(w.ctx(), bson.D{{Key: "_id", Value: one.ID}})
		require.NoError(t, err)
		require.ErrorContains(t, job.Copy(w.ctx()), "partition again")
		_, err = ranges.InsertOne(w.ctx(), one)
		require.NoError(t, err)
	}
	other := w.job(cat, small)
	other.Epoch = 1
	require.ErrorContains(t, other.Copy(w.ctx()), "has no ranges", "those of another epoch are not its own")
	require.NoError(t, job.Copy(w.ctx()))
}

// TestNoReadTime: a job that does not say since when events are applied could
// lose writes.
func TestNoReadTime(t *testing.T) {
	job := &copier.Job{}
	_, err := job.Partition(context.Background())
	require.ErrorContains(t, err, "read time")
	require.ErrorContains(t, job.Copy(context.Background()), "read time")
}
