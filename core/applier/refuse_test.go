package applier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/lifecycle"
)

// TestRefusals are the errors that end a run, by what they say.
func TestRefusals(t *testing.T) {
	p := newPair(t)
	right := func(w *world, command ...any) {
		require.NoError(w.t, w.right.Database(w.name).RunCommand(w.t.Context(), d(command...)).Err())
	}
	for name, c := range map[string]struct {
		said  string
		cause func(w *world)
	}{
		"a unique index on the destination": {"in %s.c: its unique index on {\"k\": {\"$numberInt\":\"1\"}} already has this key", func(w *world) {
			right(w, "createIndexes", "c", "indexes", bson.A{d("key", d("k", 1), "name", "k", "unique", true, "sparse", true)})
			w.do("insert", "c", "documents", bson.A{d("_id", "x", "k", 1), d("_id", "y", "k", 1)})
		}},
		"a unique index that an update meets": {"its unique index on", func(w *world) {
			right(w, "createIndexes", "c", "indexes", bson.A{d("key", d("k", 1), "name", "k", "unique", true, "sparse", true)})
			w.update("c", d("_id", 1), d("$set", d("k", 1)))
			w.update("c", d("_id", 2), d("$set", d("k", 1)))
		}},
		"the collection was dropped": {"the destination's collection %s.c is not the one that the sync has created", func(w *world) {
			right(w, "drop", "c")
			w.update("c", d("_id", 1), d("$set", d("k", 1)))
		}},
		"the collection was replaced": {"the destination's collection %s.c is not the one that the sync has created", func(w *world) {
			right(w, "drop", "c")
			right(w, "create", "c")
			w.do("insert", "c", "documents", bson.A{d("_id", "x")})
		}},
		"a time series": {"cannot be carried to another cluster", func(w *world) {
			w.do("create", "ts", "timeseries", d("timeField", "t"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			w.many("c", 5, "pad", padding)
			w.replay()
			w.rewind(w.position())
			r := w.run(w.config())
			c.cause(w)
			require.ErrorContains(t, r.wait(), expand(c.said, w.name))
		})
	}
	t.Run("a collection that nobody knows", func(t *testing.T) {
		w := p.world(t)
		w.many("c", 5)
		cfg := w.config()
		cfg.Start = lifecycle.Position{Time: w.note()} // the create event is before it
		r := w.run(cfg)
		w.many("c2", 1)
		w.update("c", d("_id", 1), d("$set", d("x", 1)))
		require.ErrorContains(t, r.wait(), "belongs to a collection that the sync does not know")
	})
	t.Run("dropped before the schema was read", func(t *testing.T) {
		w := p.world(t)
		w.many("c", 5)
		w.do("drop", "c")
		cfg := w.config()
		cfg.SchemaTime = w.note()
		w.run(cfg).finish()
		require.Empty(t, scan(t, w.right, w.name))
	})
	t.Run("changed before the schema was read", func(t *testing.T) {
		w := p.world(t)
		w.many("c", 5)
		w.rewind(lifecycle.Position{Time: w.note()}) // the create event is before it
		w.do("createIndexes", "c", "indexes", bson.A{d("key", d("x", 1), "name", "x")})
		w.do("collMod", "c", "validationLevel", "off")
		w.rename("c", "c2")
		w.do("drop", "c2")
		cfg := w.config()
		cfg.SchemaTime = w.note()
		w.run(cfg).finish()
		require.Empty(t, scan(t, w.right, w.name))
	})
	t.Run("history lost", func(t *testing.T) {
		w := p.world(t)
		heal := fail(t, p.a, "alwaysOn", d("errorCode", 286), "getMore")
		require.ErrorContains(t, w.run(w.config()).wait(), "start the sync anew, with a larger oplog")
		heal()
	})
	t.Run("an event of more than 16 MB", func(t *testing.T) {
		w := p.world(t)
		heal := fail(t, p.a, "alwaysOn", d("errorCode", 10334), "getMore")
		require.ErrorContains(t, w.run(w.config()).wait(), "more than 16 MB")
		heal()
	})
	t.Run("a checkpoint that cannot be written", func(t *testing.T) {
		w := p.world(t)
		cfg := w.config()
		cfg.Checkpoint = func(context.Context, lifecycle.Position) error { return context.Canceled }
		r := w.run(cfg)
		w.many("c", 1)
		require.ErrorContains(t, r.wait(), "write the position")
	})
	t.Run("a checkpoint that finds another owner", func(t *testing.T) {
		w := p.world(t)
		cfg := w.config()
		calls := 0
		cfg.Checkpoint = func(context.Context, lifecycle.Position) error {
			calls++
			return fmt.Errorf("revision 8 is gone: %w", applier.ErrAbandoned)
		}
		r := w.run(cfg)
		w.many("c", 1)
		require.ErrorIs(t, r.wait(), applier.ErrAbandoned)
		require.Equal(t, 1, calls)
	})
}

func expand(text, name string) string {
	return strings.ReplaceAll(text, "%s", name)
}

// TestMisfit replays a delta over a newer document that has no room for it: the
// field it sets was taken out before another one was set. What the source holds
// now takes its place, whatever became of document and collection there.
func TestMisfit(t *testing.T) {
	p := newPair(t)
	for name, c := range map[string]struct {
		meanwhile func(w *world)
	}{
		"document is there":     {func(*world) {}},
		"document has changed":  {func(w *world) { w.update("c", d("_id", 1), d("$set", d("d", 4))) }},
		"document is gone":      {func(w *world) { w.do("delete", "c", "deletes", bson.A{d("q", d("_id", 1), "limit", 1)}) }},
		"collection is gone":    {func(w *world) { w.do("drop", "c") }},
		"collection is renamed": {func(w *world) { w.rename("c", "c2") }},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			w.do("insert", "c", "documents", bson.A{d("_id", 1, "pad", padding)})
			w.replay()
			before := w.position()
			w.rewind(before)
			w.update("c", d("_id", 1), d("$set", d("a", strings.Repeat("a", 9<<20))))
			w.update("c", d("_id", 1), d("$unset", d("a", 1)))
			w.update("c", d("_id", 1), d("$set", d("b", strings.Repeat("b", 9<<20))))
			w.replay()
			w.rewind(before)
			c.meanwhile(w)
			r := w.run(w.config())
			r.finish()
			w.same()
			require.EqualValues(t, 1, r.Status().Repaired)
		})
	}
}

// TestEvents reads a cluster's events between two moments.
func TestEvents(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	w.many("c", 3)
	until := w.note()
	w.many("late", 3)
	count := map[string]int{}
	err := applier.Events(t.Context(), p.from, w.start, until, func(e bson.Raw) error {
		count[e.Lookup("operationType").StringValue()]++
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, map[string]int{"create": 1, "insert": 3}, count)
	own := 0
	require.NoError(t, applier.Events(t.Context(), p.from, w.start, w.insertAt("own"), func(e bson.Raw) error {
		if e.Lookup("documentKey", "_id").String() == `"own"` {
			own++
		}
		return nil
	}))
	require.Equal(t, 1, own, "an event of the very time is not left out")
	none := func(bson.Raw) error { return context.Canceled }
	idle := w.note()
	require.NoError(t, applier.Events(t.Context(), p.from, lifecycle.Position{Time: idle}, w.note(), none))
	require.ErrorIs(t, applier.Events(t.Context(), p.from, w.start, until, none), context.Canceled)
}
