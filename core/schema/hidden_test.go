package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/schema"
)

// hide has a user's dropDatabase refused. Where a database holds nothing but views,
// the server reaches them before it comes to what it refuses.
func (w *world) hide(rs *mongotest.ReplicaSet) {
	w.t.Helper()
	w.dest.fence(true)
	err := rs.Client(w.t, mongotest.DDL).Database(w.db).Drop(w.t.Context())
	require.True(w.t, mdb.HasCode(err, mdb.CodeUserWritesBlocked), "%v", err)
	require.Equal(w.t, []string{}, w.shown(), "the server shows its views; is the bug gone? (then so can hidden.go)")
}

func (w *world) shown() []string {
	names := []string{}
	for _, n := range w.dest.names(w.db) {
		if n != "system.views" {
			names = append(names, n)
		}
	}
	return names
}

func TestHiddenViews(t *testing.T) {
	source, dest := pair(t)
	two := func(t *testing.T, s side, rs *mongotest.ReplicaSet) *world {
		w := newWorld(t, s)
		for _, v := range []string{"v", "w"} {
			require.NoError(t, w.CreateView(t.Context(), w.ns(v), raw(t, `{viewOn: "c", pipeline: []}`)))
		}
		w.hide(rs)
		return w
	}
	t.Run("revealed", func(t *testing.T) {
		w := two(t, dest, sets[1])
		other := two(t, dest, sets[1])
		for range 2 {
			require.NoError(t, schema.RevealViews(t.Context(), dest.c))
			require.ElementsMatch(t, []string{"v", "w"}, w.shown())
			require.ElementsMatch(t, []string{"v", "w"}, other.shown())
		}
	})
	t.Run("what a crash has left of it goes", func(t *testing.T) {
		w := two(t, dest, sets[1])
		dest.stopAfter(1)
		require.Error(t, schema.RevealViews(t.Context(), dest.c))
		dest.goOn()
		require.Equal(t, []string{"revsync_internal_views"}, w.shown())
		require.NoError(t, schema.RevealViews(t.Context(), dest.c))
		require.ElementsMatch(t, []string{"v", "w"}, w.shown())
	})
	t.Run("dropped", func(t *testing.T) {
		w := two(t, dest, sets[1])
		require.NoError(t, w.DropView(t.Context(), w.ns("v")))
		require.Equal(t, []string{"w"}, w.shown())
	})
	t.Run("changed", func(t *testing.T) {
		w := two(t, dest, sets[1])
		require.NoError(t, w.ModifyView(t.Context(), w.ns("v"), raw(t, `{viewOn: "d", pipeline: []}`)))
		require.NoError(t, schema.RevealViews(t.Context(), dest.c))
		require.ElementsMatch(t, []string{"v", "w"}, w.shown())
		require.Equal(t, "d", dest.shape()[w.db+".v"].(map[string]any)["options"].(map[string]string)["viewOn"])
	})
	t.Run("database dropped", func(t *testing.T) {
		w := two(t, dest, sets[1])
		require.NoError(t, w.DropDatabase(t.Context(), w.db))
		require.NoError(t, schema.RevealViews(t.Context(), dest.c))
		require.Empty(t, w.shown())
	})
	t.Run("of a source are refused", func(t *testing.T) {
		w := two(t, source, sets[0])
		_, err := schema.Snapshot(t.Context(), source.c, nil, mdb.Quiet)
		require.ErrorContains(t, err, w.db+".v (a view that is stored but not shown")
		_, err = schema.Snapshot(t.Context(), source.c, func(ns mdb.Namespace) bool { return ns.DB != w.db }, mdb.Quiet)
		require.NoError(t, err)
		require.NoError(t, schema.RevealViews(t.Context(), source.c))
		require.Len(t, snapshot(t, source).Views, 2)
	})
	t.Run("of a destination are in the way", func(t *testing.T) {
		w := two(t, dest, sets[1])
		views := []schema.View{{NS: w.ns("v"), Options: raw(t, `{viewOn: "c", pipeline: []}`)}}
		err := open(t, dest, 1).Adopt(t.Context(), schema.Source{Views: views}, true)
		require.ErrorContains(t, err, "already: "+w.db+".v;")
	})
}

// TestHiddenViewsNeedNoMore: the privileges that revsync asks for are enough to look.
func TestHiddenViewsNeedNoMore(t *testing.T) {
	_, dest := pair(t)
	for user, roles := range map[mongotest.User][]string{
		"source":      {"readAnyDatabase", "clusterMonitor", "backup"},
		"destination": {"readWriteAnyDatabase", "clusterMonitor", "clusterManager", "restore"},
	} {
		require.NoError(t, sets[1].AddUser(t.Context(), user, roles...))
		c, err := mdb.Connect(string(user), sets[1].URI(user))
		require.NoError(t, err)
		t.Cleanup(c.Close)
		w := newWorld(t, dest)
		require.NoError(t, w.CreateView(t.Context(), w.ns("v"), raw(t, `{viewOn: "c", pipeline: []}`)))
		w.hide(sets[1])
		_, err = schema.Snapshot(t.Context(), c, nil, mdb.Quiet)
		require.ErrorContains(t, err, "stored but not shown")
		if err = schema.RevealViews(t.Context(), c); user == "destination" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, "restart its primary")
		}
		require.NoError(t, schema.RevealViews(t.Context(), dest.c))
		require.Equal(t, []string{"v"}, w.shown())
	}
}
