//go:build unix

package main_test

import (
	"bytes"
	"slices"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
)

// keepsFinishedRanges proves by the destination's own counters that what was
// copied when it is called is not copied again by what rest does. It is about
// the collections of the data set, which nobody writes to; at the time of the
// call, some must have been copied and some not.
func (w *world) keepsFinishedRanges(rest func()) {
	w.t.Helper()
	finished, missing := w.copied()
	require.NotEmpty(w.t, finished, "missing: %v", missing)
	require.NotEmpty(w.t, missing, "finished: %v", finished)
	earlier := w.inserts(1)
	rest()
	later := w.inserts(1)
	for _, ns := range finished {
		require.Positive(w.t, earlier[ns], ns)
		require.Equal(w.t, earlier[ns], later[ns], "%s was copied again", ns)
	}
	for _, ns := range missing {
		require.Greater(w.t, later[ns], earlier[ns], ns)
	}
}

// filled are the collections of the data set that have documents.
var filled = []string{"users", "sessions", "log", "names", "clustered"}

// copied sorts them by whether the engine has recorded all ranges as done.
func (w *world) copied() (finished, missing []string) {
	w.t.Helper()
	cursor, err := w.client(1, mongotest.Root).Database("revsync_internal").Collection("ranges").Find(w.t.Context(), d("done", true))
	require.NoError(w.t, err)
	var ranges []struct {
		ID struct{ Source bson.Binary } `bson:"_id"`
	}
	require.NoError(w.t, cursor.All(w.t.Context(), &ranges))
	specs, err := w.client(0, mongotest.Root).Database("shop").ListCollectionSpecifications(w.t.Context(), d("name", d("$in", filled)))
	require.NoError(w.t, err)
	require.Len(w.t, specs, len(filled))
	for _, spec := range specs {
		of := func(r struct {
			ID struct{ Source bson.Binary } `bson:"_id"`
		}) bool {
			return bytes.Equal(r.ID.Source.Data, spec.UUID.Data)
		}
		if slices.ContainsFunc(ranges, of) {
			finished = append(finished, "shop."+spec.Name)
		} else {
			missing = append(missing, "shop."+spec.Name)
		}
	}
	return finished, missing
}

// inserts counts the insert commands that a side has carried out since it was
// started, by namespace.
func (w *world) inserts(side int) map[string]int64 {
	w.t.Helper()
	counts := map[string]int64{}
	totals, err := w.command(side, "top", 1).Lookup("totals").Document().Elements()
	require.NoError(w.t, err)
	for _, e := range totals {
		if total, ok := e.Value().DocumentOK(); ok {
			counts[e.Key()], _ = total.Lookup("insert", "count").AsInt64OK()
		}
	}
	return counts
}
