package schema_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/schema"
)

// Readers see each change as a whole, while collections come, change and go.
func TestReadersBesideChanges(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	kept := w.create("kept", `{}`)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				e, ok := w.BySource(kept)
				if !ok || e.Dest.IsZero() || len(e.Indexes) > 1 && e.Indexes[0].State == "" {
					t.Error("half an entry")
					return
				}
				w.Collections()
				w.IndexCounts()
				runtime.Gosched()
			}
		})
	}
	for range 5 {
		u := w.create("comes and goes", `{}`)
		w.createIndexes(kept, `{v: 2, key: {a: 1}, name: "a"}`, `{v: 2, key: {b: 1}, name: "b"}`)
		require.NoError(t, w.DropIndexes(t.Context(), kept, []string{"a", "b"}))
		require.NoError(t, w.DropCollection(t.Context(), u))
	}
	close(done)
	readers.Wait()
}

func TestStoredAsIs(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	odd := `{validator: {"$and": [{"$jsonSchema": {"properties": {"a.b": {}, "": {}}}}, {"x.$id": 1}], "y": {"$ref": "a", "$id": 1}}, validationAction: "warn"}`
	u := newUUID()
	require.NoError(t, w.CreateCollection(t.Context(), u, w.ns("c"), raw(t, odd)))
	w.createIndexes(u, `{v: 2, key: {"$**": 1}, name: "$**_1", partialFilterExpression: {a: {"$exists": true}}}`, `{v: 2, key: {"a.$id": 1}, name: "a.$id_1"}`)
	before, _ := w.BySource(u)
	require.Equal(t, raw(t, odd), before.Options)
	w.forget()
	after, _ := w.BySource(u)
	require.Equal(t, before, after)
	require.Equal(t, []schema.Collection{after}, w.Collections())
}

func TestEpochsAreApart(t *testing.T) {
	_, dest := pair(t)
	one, two := newWorld(t, dest), newWorld(t, dest)
	u, v := one.create("c", `{}`), two.create("c", `{}`)
	_, crossed := one.BySource(v)
	require.False(t, crossed)
	require.NoError(t, one.Drop(t.Context()))
	one.forget()
	two.forget()
	require.Empty(t, one.Collections())
	two.requireUnder(v, "c")
	require.True(t, dest.exists(one.db, "c"), "the collections stay")
	require.ErrorContains(t, one.Modify(t.Context(), u, raw(t, `{}`)), "not in the catalog")
	require.ErrorContains(t, one.CreateIndexes(t.Context(), u, nil), "not in the catalog")
	require.NoError(t, one.DropCollection(t.Context(), u))
}
