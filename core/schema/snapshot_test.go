package schema_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

func TestSnapshotShowsEverythingOnce(t *testing.T) {
	source, _ := pair(t)
	source.zoo()
	source.run(mdb.MetadataDB, `{create: "record"}`)
	source.run("mongosync_reserved_for_internal_use", `{create: "x"}`)
	src := snapshot(t, source)
	shape := source.shape()
	require.Len(t, shape, len(src.Collections)+len(src.Views))
	for _, c := range src.Collections {
		require.Equal(t, source.uuid(c.NS.DB, c.NS.Coll), c.Source)
		entry := shape[c.NS.String()].(map[string]any)
		indexes := entry["indexes"].(map[string]map[string]string)
		require.Len(t, indexes, len(c.Indexes)+1, c.NS)
		for _, x := range c.Indexes {
			require.Equal(t, indexes[x.Name], fieldsOf(t, document(t, x.Spec)))
		}
	}
	require.False(t, src.At.IsZero())
}

func TestSnapshotRefusesByName(t *testing.T) {
	source, _ := pair(t)
	source.run("a", `{create: "fine"}`)
	source.run("a", `{create: "metrics", timeseries: {timeField: "t"}}`)
	source.run("b", `{create: "secret", encryptedFields: {fields: [{path: "a", bsonType: "string", keyId: {"$uuid": "11d58b8a-0c6c-4d69-a0bd-70c6d9befae9"}}]}}`)
	source.run("b", `{createIndexes: "twice", indexes: [{key: {a: 1}, name: "n"}, {key: {a: 1}, name: "was unique", unique: true}]}`)
	source.run("b", `{collMod: "twice", index: {name: "was unique", forceNonUnique: true}}`)
	_, err := schema.Snapshot(t.Context(), source.c, nil, mdb.Quiet)
	for _, name := range []string{"a.metrics (a time series", "b.secret (Queryable Encryption", "b.twice (its index was unique is equal"} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "fine")

	keep := func(ns mdb.Namespace) bool { return ns.Coll == "fine" }
	src, err := schema.Snapshot(t.Context(), source.c, keep, mdb.Quiet)
	require.NoError(t, err)
	require.Len(t, src.Collections, 1)
}

func TestSnapshotLeavesUnfinishedIndexesOut(t *testing.T) {
	source, _ := pair(t)
	source.run("a", `{insert: "c", documents: [{x: 1}]}`)
	source.run("admin", `{configureFailPoint: "hangAfterStartingIndexBuild", mode: "alwaysOn"}`)
	release := sync.OnceFunc(func() { source.run("admin", `{configureFailPoint: "hangAfterStartingIndexBuild", mode: "off"}`) })
	defer release()
	built := make(chan error, 1)
	go func() {
		built <- source.root.Database("a").RunCommand(context.WithoutCancel(t.Context()), bson.D{{Key: "createIndexes", Value: "c"},
			{Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "x", Value: 1}}}, {Key: "name", Value: "x"}}}}}).Err()
	}()
	require.Eventually(t, func() bool { return len(source.indexes("a", "c")) == 2 }, 30*time.Second, 10*time.Millisecond)
	require.Empty(t, snapshot(t, source).Collections[0].Indexes)
	release()
	require.NoError(t, <-built)
	require.Len(t, snapshot(t, source).Collections[0].Indexes, 1)
}

func TestSnapshotWaitsForQuiet(t *testing.T) {
	source, _ := pair(t)
	source.run("a", `{create: "c"}`)
	changes := 0
	keep := func(mdb.Namespace) bool { // called in the middle of every listing
		if changes < 4 {
			changes++
			source.run("a", fmt.Sprintf(`{createIndexes: "c", indexes: [{key: {x%d: 1}, name: "x%d"}]}`, changes, changes))
		}
		return true
	}
	unequal := 0
	report := func(_ string, err error) {
		if err != nil {
			require.ErrorContains(t, err, "no two listings in a row are equal")
			unequal++
		}
	}
	src, err := schema.Snapshot(t.Context(), source.c, keep, report)
	require.NoError(t, err)
	require.Len(t, src.Collections[0].Indexes, 4)
	require.Equal(t, 3, unequal)
}

func TestSnapshotEndsWithItsContext(t *testing.T) {
	source, _ := pair(t)
	why := errors.New("shutting down")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := schema.Snapshot(ctx, source.c, nil, mdb.Quiet)
	require.ErrorIs(t, err, why)
}
