package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/oldformat"
	"github.com/revsync/revsync/core/schema"
)

// A rebuild that dies after any of its commands is finished by the next one: the
// index comes back with all its options, and at no moment a duplicate gets in.
func TestRebuildAfterCrashes(t *testing.T) {
	s, _ := pair(t)
	s.run("a", `{create: "c", collation: {locale: "de"}}`)
	s.run("a", `{createIndexes: "c", indexes: [
		{key: {k: 1}, name: "plain", unique: true, collation: {locale: "simple"}},
		{key: {t: -1}, name: "t.special", unique: true, expireAfterSeconds: 100000, hidden: true, sparse: true},
		{key: {p: 1, q: -1}, name: "partial", unique: true, partialFilterExpression: {p: {"$gt": 0}}}]}`)
	s.run("a", `{insert: "c", documents: [{_id: 1, k: 1, t: 1, p: 1, q: 1}, {_id: 2, k: 2, t: 2, p: 2, q: 2}]}`)
	original := s.shape()
	all := func(string, string) bool { return true }
	rebuild := func() error {
		todo, err := schema.Rebuilds(t.Context(), s.c, all)
		require.NoError(t, err)
		require.Len(t, todo, 3, "also those whose index is gone")
		for _, r := range todo {
			if err := r.Do(t.Context(), func(string) {}); err != nil {
				return err
			}
		}
		return nil
	}
	refused := func(n int) {
		t.Helper()
		for _, duplicate := range []string{`{_id: 3, k: 1}`, `{_id: 3, k: 3, t: 1}`, `{_id: 3, k: 3, t: 3, p: 2, q: 2}`} {
			err := s.root.Database("a").RunCommand(t.Context(), doc(t, `{insert: "c", documents: [`+duplicate+`]}`)).Err()
			require.True(t, mongo.IsDuplicateKeyError(err), "after %d commands: %s: %v", n, duplicate, err)
		}
	}
	for n := range maxCommands {
		s.stopAfter(n)
		err := rebuild()
		s.goOn()
		refused(n)
		if err == nil {
			require.Greater(t, n, 12)
			require.Equal(t, original, s.shape())
			return
		}
		require.ErrorContains(t, err, "failCommand")
		require.NoError(t, rebuild(), "after a stop after %d commands", n)
		require.Equal(t, original, s.shape(), "after a stop after %d commands", n)
	}
	require.Fail(t, "the rebuild never got through")
}

// The rebuild on a clean primary makes the index of an old secondary whole.
func TestRebuildCleansAllMembers(t *testing.T) {
	rs, old, _ := veteran(t, mongotest.Options{Members: 3})
	require.NoError(t, rs.StepDown(t.Context()))
	primary, err := rs.Primary(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, rs.Hosts()[0], primary.Host())
	original := old.shape()
	isOld := map[string]bool{}
	for _, ix := range oldformat.Old() {
		isOld["fx."+ix.Collection+ix.Name] = true
	}
	todo, err := schema.Rebuilds(t.Context(), old.c, func(ns, name string) bool { return isOld[ns+name] })
	require.NoError(t, err)
	require.Len(t, todo, len(isOld))
	for _, r := range todo {
		require.NoError(t, r.Do(t.Context(), func(string) {}))
	}
	old.run("fx", `{insert: "marker", documents: [{_id: 1}], writeConcern: {w: 3}}`) // all members have followed
	old.run("fx", `{drop: "marker"}`)
	require.Equal(t, original, old.shape())
	found, err := facts.UniqueIndexesOf(t.Context(), old.c, nil)
	require.NoError(t, err)
	require.Len(t, found.Members, 3)
	for _, m := range found.Members {
		require.True(t, m.Known, m.Error)
		require.Equal(t, len(oldformat.Indexes), m.Checked)
		for _, ix := range m.Suspects {
			require.False(t, isOld[ix.Namespace+ix.Name], "%s of %s on %s", ix.Name, ix.Namespace, m.Host)
			require.Empty(t, ix.ValidateWarnings)
		}
	}
}
