package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/schema"
)

// committed is a forward sync of the zoo that has come to its end: the source
// is fenced, the destination is open.
func committed(t *testing.T, source, dest side) *schema.Catalog {
	t.Helper()
	source.zoo()
	c := adopted(t, source, dest)
	require.NoError(t, c.Restore(t.Context()))
	require.NoError(t, c.EnforceUnique(t.Context()))
	source.fence(true)
	return c
}

func TestRoundTrips(t *testing.T) {
	source, dest := pair(t)
	c := committed(t, source, dest)
	original := source.shape()
	here, there := source, dest
	for _, s := range []side{source, dest} { // what the engine has built needs no look at its keys
		s.run("admin", `{configureFailPoint: "failCommand", mode: "alwaysOn", data: {failCommands: ["validate"], errorCode: 8000}}`)
		defer s.goOn()
	}
	for epoch := 1; epoch <= 3; epoch++ { // here is the new destination, fenced
		next, err := c.HandOver(t.Context(), here.c, epoch)
		require.NoError(t, err)
		require.Equal(t, original, here.shape(), "nothing is relaxed yet")
		requireSwapped(t, c, next)

		require.NoError(t, next.Relax(t.Context()))
		requireRelaxed(t, here)
		duplicates(t, here, true) // root passes the fence
		here.run("zoo", `{delete: "plain", deletes: [{q: {}, limit: 0}]}`)

		require.NoError(t, next.Unrelax(t.Context())) // the reverse is undone ...
		require.Equal(t, original, here.shape())
		require.NoError(t, next.Relax(t.Context())) // ... and tried again
		require.NoError(t, next.Relax(t.Context()))
		requireRelaxed(t, here)

		require.NoError(t, next.Restore(t.Context()))
		here.fence(false)
		require.NoError(t, next.EnforceUnique(t.Context()))
		require.Equal(t, original, here.shape())
		require.NoError(t, c.Drop(t.Context()))
		there.fence(true)
		c, here, there = next, there, here
	}
}

func requireSwapped(t *testing.T, before, after *schema.Catalog) {
	t.Helper()
	old := before.Collections()
	now := after.Collections()
	require.Len(t, now, len(old))
	for i := range old {
		require.Equal(t, old[i].Source, now[i].Dest)
		require.Equal(t, old[i].Dest, now[i].Source)
		require.Equal(t, old[i].NS, now[i].NS)
	}
}

func TestWayBackAfterCrashes(t *testing.T) {
	source, dest := pair(t)
	source.run("a", `{create: "ring", capped: true, size: 4096, max: 3}`)
	source.run("a", `{createIndexes: "c", indexes: [
		{key: {u: 1}, name: "u", unique: true, hidden: true}, {key: {u: 1}, name: "n"},
		{key: {v: 1}, name: "v", unique: true}, {key: {t: 1}, name: "t", expireAfterSeconds: 10}]}`)
	c := adopted(t, source, dest)
	require.NoError(t, c.Restore(t.Context()))
	require.NoError(t, c.EnforceUnique(t.Context()))
	source.fence(true)
	original := source.shape()

	prepare := func() (*schema.Catalog, error) {
		next, err := c.HandOver(t.Context(), source.c, 1)
		if err == nil {
			err = next.Relax(t.Context())
		}
		return next, err
	}
	undo := func(next *schema.Catalog) error {
		if err := next.Unrelax(t.Context()); err != nil {
			return err
		}
		return next.Drop(t.Context())
	}
	for n := range maxCommands {
		source.stopAfter(n)
		_, err := prepare()
		source.goOn()
		next, again := prepare() // with nothing but what is stored
		require.NoError(t, again, "after a stop after %d commands", n)
		requireRelaxed(t, source)

		source.stopAfter(n)
		undoErr := undo(next)
		source.goOn()
		if undoErr != nil {
			require.ErrorContains(t, undoErr, "failCommand")
			require.NoError(t, undo(open(t, source, 1)), "after a stop after %d commands", n)
		}
		require.Equal(t, original, source.shape(), "after a stop after %d commands", n)
		require.Empty(t, open(t, source, 1).Collections())
		if err == nil && undoErr == nil {
			require.Greater(t, n, 8)
			return
		}
		if err != nil {
			require.ErrorContains(t, err, "failCommand")
		}
	}
	require.Fail(t, "the operation never got through")
}

func TestHandOverRefusesAChangedSource(t *testing.T) {
	source, dest := pair(t)
	source.run("a", `{createIndexes: "c", indexes: [{key: {u: 1}, name: "u", unique: true}]}`)
	source.run("a", `{create: "ring", capped: true, size: 4096}`)
	c := adopted(t, source, dest)
	require.NoError(t, c.Restore(t.Context()))
	refused := func(why string) {
		t.Helper()
		_, err := c.HandOver(t.Context(), source.c, 1)
		require.ErrorContains(t, err, why)
		require.Empty(t, open(t, source, 1).Collections())
	}
	source.run("a", `{create: "extra"}`)
	refused("a.extra")
	source.run("a", `{drop: "extra"}`)
	source.run("a", `{collMod: "c", index: {name: "u", forceNonUnique: true}}`)
	refused("index u of a.c")
	source.run("a", `{collMod: "c", index: {name: "u", prepareUnique: true}}`)
	source.run("a", `{collMod: "c", index: {name: "u", unique: true}}`)
	source.run("a", `{createIndexes: "c", indexes: [{key: {x: 1}, name: "x"}]}`)
	refused("index x of a.c")
	source.run("a", `{dropIndexes: "c", index: "x"}`)
	source.run("a", `{collMod: "ring", cappedSize: 9000}`)
	refused("capped size")
	source.run("a", `{collMod: "ring", cappedSize: 4096}`)
	source.run("admin", `{renameCollection: "a.c", to: "a.d"}`)
	refused("a.d")
	source.run("a", `{drop: "d"}`)
	refused("lost the collection a.c")
	source.run("a", `{create: "c"}`)
	refused("a.c")
}

// A forceNonUnique that the write block refuses would damage the index.
func TestRelaxSendsNothingWithoutBypass(t *testing.T) {
	source, dest := pair(t)
	source.run("a", `{createIndexes: "c", indexes: [{key: {u: 1}, name: "u", unique: true}]}`)
	c := adopted(t, source, dest)
	require.NoError(t, c.Restore(t.Context()))
	next, err := c.HandOver(t.Context(), source.c, 1)
	require.NoError(t, err)

	source.fence(true)
	plain, err := mdb.Connect("source", sets[0].URI(mongotest.DDL))
	require.NoError(t, err)
	t.Cleanup(plain.Close)
	weak, err := schema.OpenCatalog(t.Context(), plain, 1)
	require.NoError(t, err)
	err = weak.Relax(t.Context())
	require.True(t, mdb.HasCode(err, mdb.CodeUserWritesBlocked), "%v", err)
	stats := source.run("a", `{collStats: "c"}`)
	require.EqualValues(t, 14, stats.Lookup("indexDetails", "u", "metadata", "formatVersion").AsInt64())
	require.NoError(t, next.Relax(t.Context()))
	requireRelaxed(t, source)
}
