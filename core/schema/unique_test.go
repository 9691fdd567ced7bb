package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// preparedWorld is a world whose collections were restored: users may come in.
func preparedWorld(t *testing.T, dest side, colls ...string) (*world, map[string]schema.UUID) {
	t.Helper()
	w := newWorld(t, dest)
	uuids := map[string]schema.UUID{}
	for _, coll := range colls {
		uuids[coll] = w.create(coll, `{}`)
		w.createIndexes(uuids[coll], `{v: 2, unique: true, key: {u: 1}, name: "u"}`, `{v: 2, key: {p: 1}, name: "p", prepareUnique: true}`)
	}
	require.NoError(t, w.Restore(t.Context()))
	return w, uuids
}

func TestEnforceUniqueLeavesUsersChangesAlone(t *testing.T) {
	_, dest := pair(t)
	w, _ := preparedWorld(t, dest, "kept", "dropped", "renamed", "unindexed", "reindexed", "unprepared", "recreated")
	for _, command := range []string{
		`{drop: "dropped"}`,
		`{dropIndexes: "unindexed", index: "u"}`,
		`{dropIndexes: "reindexed", index: "u"}`, `{createIndexes: "reindexed", indexes: [{key: {other: 1}, name: "u", prepareUnique: true}]}`,
		`{collMod: "unprepared", index: {name: "u", prepareUnique: false}}`,
		`{drop: "recreated"}`, `{createIndexes: "recreated", indexes: [{key: {u: 1}, name: "u", prepareUnique: true}]}`,
	} {
		dest.run(w.db, command)
	}
	dest.run("admin", `{renameCollection: "`+w.db+`.renamed", to: "`+w.db+`.new name"}`)
	for range 2 {
		require.NoError(t, w.EnforceUnique(t.Context()))
		w.forget()
		for _, coll := range []string{"kept", "new name"} {
			require.Equal(t, `{"v":true}`, dest.index(w.db, coll, "u")["unique"], coll)
			require.Equal(t, `{"v":true}`, dest.index(w.db, coll, "p")["prepareUnique"], coll)
		}
		for _, coll := range []string{"reindexed", "unprepared", "recreated"} {
			require.NotContains(t, dest.index(w.db, coll, "u"), "unique", coll)
		}
		require.Nil(t, dest.index(w.db, "unindexed", "u"))
		require.False(t, dest.exists(w.db, "dropped"))
	}
}

func TestEnforceUniqueNamesTheIndexWithDuplicates(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	u := w.create("c", `{}`)
	w.createIndexes(u, `{v: 2, unique: true, key: {u: 1}, name: "u"}`)
	dest.run(w.db, `{insert: "c", documents: [{_id: 1, u: 1}, {_id: 2, u: 1}]}`)
	require.NoError(t, w.Restore(t.Context()))
	err := w.EnforceUnique(t.Context())
	require.True(t, mdb.HasCode(err, mdb.CodeCannotConvertUnique), "%v", err)
	require.ErrorContains(t, err, "index u of "+w.db+".c")
}

func TestRestoreAndEnforceAfterCrashes(t *testing.T) {
	_, dest := pair(t)
	crashes(t, dest, 5, func(w *world) (func() error, func()) {
		u := w.create("c", `{capped: true, size: 4096, max: 3}`)
		w.createIndexes(u, `{v: 2, unique: true, key: {u: 1}, name: "u", hidden: true}`, `{v: 2, key: {u: 1}, name: "n"}`,
			`{v: 2, unique: true, key: {w: 1}, name: "w"}`, `{v: 2, key: {p: 1}, name: "p", prepareUnique: true}`)
		return func() error {
				if err := w.Restore(t.Context()); err != nil {
					return err
				}
				return w.EnforceUnique(t.Context())
			}, func() {
				for _, name := range []string{"u", "n", "w", "p"} {
					require.Equal(t, w.specOf(u, name), dest.index(w.db, "c", name))
				}
				require.Equal(t, `{"v":3}`, dest.shape()[w.db+".c"].(map[string]any)["options"].(map[string]string)["max"])
			}
	})
}

// On the way back, the engine's own conversions come as events of the source.
func TestOwnConversionsAreNoChanges(t *testing.T) {
	_, dest := pair(t)
	w, uuids := preparedWorld(t, dest, "c")
	before, _ := w.BySource(uuids["c"])
	revision := func() int { // entries are replaced as a whole, so that any store would show in the oplog
		reply := dest.run("local", `{count: "oplog.rs", query: {ns: "`+mdb.MetadataDB+`.collections"}}`)
		return int(reply.Lookup("n").AsInt64())
	}
	stored := revision()
	for range 2 {
		require.NoError(t, w.Modify(t.Context(), uuids["c"], raw(t, `{index: {name: "u", unique: true}}`)))
		require.Equal(t, stored, revision())
	}
	after, _ := w.BySource(uuids["c"])
	require.Equal(t, before, after)
}
