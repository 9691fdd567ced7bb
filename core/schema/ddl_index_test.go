package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/schema"
)

// specOf is an index of the catalog, field by field.
func (w *world) specOf(u schema.UUID, name string) map[string]string {
	w.t.Helper()
	e, ok := w.BySource(u)
	require.True(w.t, ok)
	for _, x := range e.Indexes {
		if x.Name == name {
			return fieldsOf(w.t, document(w.t, x.Spec))
		}
	}
	return nil
}

func (w *world) state(u schema.UUID, name string) schema.IndexState {
	w.t.Helper()
	e, ok := w.BySource(u)
	require.True(w.t, ok)
	for _, x := range e.Indexes {
		if x.Name == name {
			return x.State
		}
	}
	return ""
}

func TestCreateAndDropIndexes(t *testing.T) {
	_, dest := pair(t)
	specs := []string{`{v: 2, unique: true, key: {a: 1}, name: "a", hidden: true}`, `{v: 2, key: {b: 1}, name: "b", expireAfterSeconds: 9, sparse: 1, foreign: 1}`}
	crashes(t, dest, 3, func(w *world) (func() error, func()) {
		u := w.create("c", `{}`)
		return func() error { return w.CreateIndexes(t.Context(), u, raws(t, specs...)) }, func() {
			require.Equal(t, schema.IndexBuilt, w.state(u, "a"))
			require.Equal(t, schema.IndexBuilt, w.state(u, "b"))
			require.NotContains(t, dest.index(w.db, "c", "a"), "unique")
			require.NotContains(t, dest.index(w.db, "c", "b"), "foreign")
			require.Len(t, dest.indexes(w.db, "c"), 3)
		}
	})
	crashes(t, dest, 2, func(w *world) (func() error, func()) {
		u := w.create("c", `{}`)
		w.createIndexes(u, append(specs, `{v: 2, key: {k: 1}, name: "kept"}`)...)
		return func() error { return w.DropIndexes(t.Context(), u, []string{"a", "b", "never there"}) }, func() {
			require.Len(t, dest.indexes(w.db, "c"), 2)
			e, _ := w.BySource(u)
			require.Len(t, e.Indexes, 1)
		}
	})
	crashes(t, dest, 5, func(w *world) (func() error, func()) { // the same name with another definition
		u := w.create("c", `{}`)
		w.createIndexes(u, specs...)
		return func() error { return w.CreateIndexes(t.Context(), u, raws(t, `{v: 2, key: {z: 1}, name: "a"}`)) }, func() {
			require.Equal(t, `{"v":{"z":1}}`, dest.index(w.db, "c", "a")["key"])
			require.Equal(t, schema.IndexBuilt, w.state(u, "a"))
		}
	})
}

func TestOneBadIndexDoesNotStopTheOthers(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	u := w.create("c", `{}`)
	dest.run(w.db, `{insert: "c", documents: [{p: [1, 2], q: [1, 2]}]}`)
	w.createIndexes(u, `{v: 2, key: {a: 1}, name: "a"}`, `{v: 2, key: {p: 1, q: 1}, name: "pq"}`, `{v: 2, key: {b: 1}, name: "b"}`)
	require.Equal(t, schema.IndexBuilt, w.state(u, "a"))
	require.Equal(t, schema.IndexFailed, w.state(u, "pq"))
	require.Equal(t, schema.IndexBuilt, w.state(u, "b"))
}

func TestTwins(t *testing.T) {
	_, dest := pair(t)
	unique, plain := `{v: 2, unique: true, key: {a: 1}, name: "u"}`, `{v: 2, key: {a: 1.0}, name: "n"}`
	for _, order := range [][]string{{unique, plain}, {plain, unique}} {
		crashes(t, dest, 1, func(w *world) (func() error, func()) {
			u := w.create("c", `{}`)
			w.createIndexes(u, order[0])
			return func() error { return w.CreateIndexes(t.Context(), u, raws(t, order[1])) }, func() {
				require.Equal(t, schema.IndexAtEnd, w.state(u, "u"))
				require.Equal(t, schema.IndexBuilt, w.state(u, "n"))
				require.Len(t, dest.indexes(w.db, "c"), 2)
			}
		})
	}
	w := newWorld(t, dest)
	u := w.create("c", `{}`)
	w.createIndexes(u, unique, plain, `{v: 2, unique: true, key: {b: 1}, name: "u1"}`)
	w.createIndexes(u, `{v: 2, unique: true, key: {b: 1}, name: "u2"}`) // the server has this when one of them was converted
	relaxed := dest.indexes(w.db, "c")
	require.Len(t, relaxed, 3)
	for range 2 {
		require.NoError(t, w.Restore(t.Context()))
		require.Len(t, dest.indexes(w.db, "c"), 5)
		require.NoError(t, w.RelaxAgain(t.Context()))
		require.Equal(t, relaxed, dest.indexes(w.db, "c"))
	}
	require.NoError(t, w.Restore(t.Context()))
	require.NoError(t, w.EnforceUnique(t.Context()))
	for _, name := range []string{"u", "u1", "u2"} {
		require.Equal(t, `{"v":true}`, dest.index(w.db, "c", name)["unique"], name)
	}
	require.NotContains(t, dest.index(w.db, "c", "n"), "unique")
}

func TestTwinThatOnlyTheServerRecognises(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	u := w.create("c", `{}`)
	w.createIndexes(u, `{v: 2, key: {a: 1}, name: "n", partialFilterExpression: {x: 1}}`)
	w.createIndexes(u, `{v: 2, unique: true, key: {a: 1}, name: "u", partialFilterExpression: {x: {"$eq": 1}}}`)
	require.Equal(t, schema.IndexAtEnd, w.state(u, "u"))
	require.NoError(t, w.Restore(t.Context()))
	require.Len(t, dest.indexes(w.db, "c"), 3)
}

func TestModifyIndexChangesTheOriginalOnly(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	u := w.create("c", `{}`)
	w.createIndexes(u, `{v: 2, key: {a: 1}, name: "a"}`)
	before := dest.indexes(w.db, "c")
	for _, step := range []struct{ change, field, want string }{
		{`{hidden: true}`, "hidden", `{"v":true}`},
		{`{hidden: false}`, "hidden", ""},
		{`{expireAfterSeconds: 100}`, "expireAfterSeconds", `{"v":100}`},
		{`{expireAfterSeconds: {"$numberLong": "7"}}`, "expireAfterSeconds", `{"v":7}`},
		{`{prepareUnique: true}`, "prepareUnique", `{"v":true}`},
		{`{prepareUnique: false}`, "prepareUnique", ""},
		{`{prepareUnique: true}`, "prepareUnique", `{"v":true}`},
		{`{unique: true}`, "unique", `{"v":true}`},
		{`{prepareUnique: true}`, "prepareUnique", ""}, // the server ignores it on a unique index
		{`{forceNonUnique: true}`, "unique", ""},
		{`{prepareUnique: true}`, "prepareUnique", `{"v":true}`},
		{`{unique: true}`, "prepareUnique", ""},
	} {
		description := raw(t, `{index: {name: "a", `+step.change[1:]+`}`)
		for range 2 {
			require.NoError(t, w.Modify(t.Context(), u, description))
			require.Equal(t, step.want, w.specOf(u, "a")[step.field], step.change)
			w.forget()
			require.Equal(t, step.want, w.specOf(u, "a")[step.field], step.change)
		}
		require.Equal(t, before, dest.indexes(w.db, "c"), step.change)
	}
	require.ErrorContains(t, w.Modify(t.Context(), u, raw(t, `{index: {name: "z", hidden: true}}`)), `no index "z"`)
	require.NoError(t, w.Restore(t.Context()))
	require.NoError(t, w.EnforceUnique(t.Context()))
	require.Equal(t, w.specOf(u, "a"), dest.index(w.db, "c", "a"))
}

func TestModifyOptions(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	plain := w.create("plain", `{}`)
	ring := w.create("ring", `{capped: true, size: 4096, max: 10}`)
	clustered := w.create("clustered", `{clusteredIndex: {v: 2, key: {_id: 1}, name: "_id_", unique: true}, expireAfterSeconds: 60}`)
	option := func(coll, key string) string {
		return dest.shape()[w.db+"."+coll].(map[string]any)["options"].(map[string]string)[key]
	}
	modify := func(u schema.UUID, description string) {
		t.Helper()
		for range 2 {
			require.NoError(t, w.Modify(t.Context(), u, raw(t, description)))
			w.forget()
		}
	}
	modify(plain, `{validator: {a: {"$exists": true}}, validationLevel: "moderate"}`)
	require.Contains(t, option("plain", "validator"), "$exists")
	require.Equal(t, "moderate", option("plain", "validationLevel"))
	modify(plain, `{validator: {}}`)
	require.Empty(t, option("plain", "validator"))
	modify(plain, `{changeStreamPreAndPostImages: {enabled: true}}`)
	require.Contains(t, option("plain", "changeStreamPreAndPostImages"), "true")
	modify(plain, `{}`)

	modify(ring, `{cappedSize: 8000, cappedMax: 0}`)
	require.Equal(t, `{"v":1125899906842624}`, option("ring", "size"))
	modify(clustered, `{expireAfterSeconds: "off"}`)
	require.NoError(t, w.Restore(t.Context()))
	require.Equal(t, `{"v":8192}`, option("ring", "size"))
	require.Empty(t, option("clustered", "expireAfterSeconds"))

	require.NoError(t, w.RelaxAgain(t.Context()))
	modify(ring, `{cappedMax: 3}`)
	modify(clustered, `{expireAfterSeconds: {"$numberLong": "77"}}`)
	require.Equal(t, `{"v":2147483647}`, option("ring", "max"))
	require.NoError(t, w.Restore(t.Context()))
	require.Equal(t, `{"v":3}`, option("ring", "max"))
	require.Equal(t, `{"v":77}`, option("clustered", "expireAfterSeconds"))
	require.NoError(t, w.RelaxAgain(t.Context()))
	require.Equal(t, `{"v":2147483647}`, option("ring", "max"))
	require.Empty(t, option("clustered", "expireAfterSeconds"))
}
