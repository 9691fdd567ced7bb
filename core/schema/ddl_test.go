package schema_test

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// world is a database of its own on the destination, with a catalog of its own.
type world struct {
	t     *testing.T
	dest  side
	db    string
	epoch int
	*schema.Catalog
}

func newUUID() (u schema.UUID) {
	_, _ = rand.Read(u[:]) // never fails
	return u
}

func (w *world) ns(coll string) mdb.Namespace { return mdb.Namespace{DB: w.db, Coll: coll} }

// forget opens the catalog anew, as after a crash.
func (w *world) forget() { w.Catalog = open(w.t, w.dest, w.epoch) }

// create makes a collection with one document that tells its source UUID.
func (w *world) create(coll, options string) schema.UUID {
	w.t.Helper()
	u := newUUID()
	require.NoError(w.t, w.CreateCollection(w.t.Context(), u, w.ns(coll), raw(w.t, options)))
	_, err := w.dest.root.Database(w.db).Collection(coll).InsertOne(w.t.Context(), bson.D{{Key: "_id", Value: u.Binary()}})
	require.NoError(w.t, err)
	return u
}

func (w *world) createIndexes(u schema.UUID, specs ...string) {
	w.t.Helper()
	require.NoError(w.t, w.CreateIndexes(w.t.Context(), u, raws(w.t, specs...)))
}

func raws(t *testing.T, specs ...string) []bson.Raw {
	t.Helper()
	var out []bson.Raw
	for _, s := range specs {
		out = append(out, raw(t, s))
	}
	return out
}

// requireUnder asserts that a source's collection is found under a name, with
// its document, in the catalog and on the destination.
func (w *world) requireUnder(u schema.UUID, coll string) {
	w.t.Helper()
	e, ok := w.BySource(u)
	require.True(w.t, ok)
	require.Equal(w.t, w.ns(coll), e.NS)
	require.Equal(w.t, w.dest.uuid(w.db, coll), e.Dest)
	n, err := w.dest.root.Database(w.db).Collection(coll).CountDocuments(w.t.Context(), bson.D{{Key: "_id", Value: u.Binary()}})
	require.NoError(w.t, err)
	require.EqualValues(w.t, 1, n)
}

func (w *world) requireGone(u schema.UUID) {
	w.t.Helper()
	_, ok := w.BySource(u)
	require.False(w.t, ok)
}

var epochs = 1000

func newWorld(t *testing.T, dest side) *world {
	epochs++
	w := &world{t: t, dest: dest, db: fmt.Sprintf("w%d", epochs), epoch: epochs}
	w.forget()
	return w
}

// crashes does an operation once for every moment between two of its commands:
// there the engine stops and forgets everything, and does the operation again,
// and then once more. script makes a world and answers the operation and the
// look at its outcome. The operation must send at least the given number of commands.
func crashes(t *testing.T, dest side, least int, script func(w *world) (op func() error, check func())) {
	t.Helper()
	for n := range maxCommands {
		w := newWorld(t, dest)
		op, check := script(w)
		dest.stopAfter(n)
		err := op()
		dest.goOn()
		for range 2 {
			w.forget()
			require.NoError(t, op(), "after a stop after %d commands", n)
			check()
		}
		w.forget()
		check()
		if err == nil {
			require.GreaterOrEqual(t, n, least)
			return
		}
		require.ErrorContains(t, err, "failCommand", "stopped after %d commands", n)
	}
	require.Fail(t, "the operation never got through")
}

func TestCreateAndDropCollection(t *testing.T) {
	_, dest := pair(t)
	crashes(t, dest, 3, func(w *world) (func() error, func()) {
		u := newUUID()
		return func() error {
				return w.CreateCollection(t.Context(), u, w.ns("c"), raw(t, `{capped: true, size: 4096, idIndex: {v: 2, key: {_id: 1}, name: "_id_"}}`))
			}, func() {
				e, ok := w.BySource(u)
				require.True(t, ok)
				require.Equal(t, dest.uuid(w.db, "c"), e.Dest)
				require.Equal(t, []string{"c"}, dest.names(w.db))
			}
	})
	crashes(t, dest, 2, func(w *world) (func() error, func()) {
		u, other := w.create("c", `{}`), w.create("other", `{}`)
		return func() error { return w.DropCollection(t.Context(), u) }, func() {
			w.requireGone(u)
			w.requireUnder(other, "other")
			require.Equal(t, []string{"other"}, dest.names(w.db))
		}
	})
}

func TestCreateRefusesWhatIsNotOurs(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	ours := w.create("ours", `{}`)
	dest.run(w.db, `{create: "empty"}`)
	dest.run(w.db, `{insert: "full", documents: [{_id: 1}]}`)
	dest.run(w.db, `{create: "view", viewOn: "full", pipeline: []}`)
	before := dest.shape()
	for _, name := range []string{"ours", "empty", "full", "view"} {
		require.ErrorContains(t, w.CreateCollection(t.Context(), newUUID(), w.ns(name), nil), w.db+"."+name+" is taken", name)
	}
	require.ErrorContains(t, w.CreateCollection(t.Context(), newUUID(), w.ns("q"), raw(t, `{encryptedFields: {fields: []}}`)), "Queryable Encryption")
	require.Equal(t, before, dest.shape())
	require.Len(t, w.Collections(), 1)
	w.requireUnder(ours, "ours")

	// only between the intent and the creation, and only an empty collection of nobody, is it taken over
	u := newUUID()
	dest.stopAfter(1)
	require.Error(t, w.CreateCollection(t.Context(), u, w.ns("late"), nil))
	dest.goOn()
	dest.run(w.db, `{insert: "late", documents: [{_id: 1}]}`)
	w.forget()
	require.ErrorContains(t, w.CreateCollection(t.Context(), u, w.ns("late"), nil), "with documents in it")
}

func TestDropAndRecreate(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	first := w.create("c", `{}`)
	require.NoError(t, w.DropCollection(t.Context(), first))
	second := w.create("c", `{}`)
	require.NoError(t, w.DropCollection(t.Context(), first)) // the drop's event once more
	w.requireUnder(second, "c")
	w.requireGone(first)
}

func TestRename(t *testing.T) {
	_, dest := pair(t)
	crashes(t, dest, 2, func(w *world) (func() error, func()) {
		u := w.create("a", `{}`)
		return func() error { return w.RenameCollection(t.Context(), u, w.ns("b"), schema.UUID{}) }, func() { w.requireUnder(u, "b") }
	})
	crashes(t, dest, 4, func(w *world) (func() error, func()) {
		u, target := w.create("a", `{}`), w.create("b", `{}`)
		return func() error { return w.RenameCollection(t.Context(), u, w.ns("b"), target) }, func() {
			w.requireUnder(u, "b")
			w.requireGone(target)
			require.Equal(t, []string{"b"}, dest.names(w.db))
		}
	})
}

func TestRenameChainAndSwap(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	a, b, c := w.create("a", `{}`), w.create("b", `{}`), w.create("c", `{}`)
	type step struct {
		u  schema.UUID
		to string
	}
	for _, s := range []step{{a, "swap"}, {b, "a"}, {a, "b"}, {c, "d"}, {c, "e"}, {c, "c"}} {
		for range 2 {
			require.NoError(t, w.RenameCollection(t.Context(), s.u, w.ns(s.to), schema.UUID{}))
			w.forget()
		}
	}
	w.requireUnder(a, "b")
	w.requireUnder(b, "a")
	w.requireUnder(c, "c")
}

func TestRenameRefuses(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	a, b := w.create("a", `{}`), w.create("b", `{}`)
	dest.run(w.db, `{create: "users own", viewOn: "x", pipeline: []}`)
	before := dest.shape()

	err := w.RenameCollection(t.Context(), a, w.ns("b"), schema.UUID{})
	require.ErrorContains(t, err, w.db+".a")
	require.ErrorContains(t, err, w.db+".b is taken")
	require.ErrorContains(t, w.RenameCollection(t.Context(), a, w.ns("b"), newUUID()), w.db+".b is taken") // another's target
	require.ErrorContains(t, w.RenameCollection(t.Context(), a, w.ns("users own"), schema.UUID{}), "users own is taken")
	require.ErrorContains(t, w.RenameCollection(t.Context(), newUUID(), w.ns("z"), schema.UUID{}), "not in the catalog")
	require.ErrorContains(t, w.RenameCollection(t.Context(), a, mdb.Namespace{DB: "elsewhere", Coll: "a"}, schema.UUID{}), "between databases")

	require.Equal(t, before, dest.shape())
	w.requireUnder(a, "a")
	w.requireUnder(b, "b")
}

func TestDropDatabase(t *testing.T) {
	_, dest := pair(t)
	crashes(t, dest, 6, func(w *world) (func() error, func()) {
		a, b := w.create("a", `{}`), w.create("b", `{}`)
		require.NoError(t, w.CreateView(t.Context(), w.ns("v"), raw(t, `{viewOn: "a", pipeline: []}`)))
		require.NoError(t, w.CreateView(t.Context(), w.ns("v2"), raw(t, `{viewOn: "v", pipeline: []}`)))
		u, elsewhere := newUUID(), mdb.Namespace{DB: w.db + "x", Coll: "c"}
		require.NoError(t, w.CreateCollection(t.Context(), u, elsewhere, nil))
		return func() error { return w.DropDatabase(t.Context(), w.db) }, func() {
			w.requireGone(a)
			w.requireGone(b)
			require.Empty(t, dest.names(w.db))
			require.True(t, dest.exists(elsewhere.DB, elsewhere.Coll))
		}
	})
}

func TestViews(t *testing.T) {
	_, dest := pair(t)
	w := newWorld(t, dest)
	u := w.create("c", `{}`)
	options := func(ns string) map[string]string {
		return dest.shape()[w.db+"."+ns].(map[string]any)["options"].(map[string]string)
	}
	for range 2 {
		require.NoError(t, w.CreateView(t.Context(), w.ns("v"), raw(t, `{viewOn: "c", pipeline: [{"$match": {a: 1}}], collation: {locale: "fr"}}`)))
		require.Contains(t, options("v")["collation"], `"fr"`)
	}
	for range 2 {
		require.NoError(t, w.ModifyView(t.Context(), w.ns("v"), raw(t, `{viewOn: "d", pipeline: [{"$match": {a: {"$gt": 2}}}], collation: {locale: "fr"}}`)))
		require.Equal(t, "d", options("v")["viewOn"])
	}
	require.NoError(t, w.CreateView(t.Context(), w.ns("v"), raw(t, `{viewOn: "d", pipeline: []}`)))
	require.NotContains(t, options("v"), "collation")
	for range 2 {
		require.NoError(t, w.DropView(t.Context(), w.ns("v")))
		require.False(t, dest.exists(w.db, "v"))
	}
	require.ErrorContains(t, w.CreateView(t.Context(), w.ns("c"), raw(t, `{viewOn: "d", pipeline: []}`)), "c is taken")
	require.NoError(t, w.DropView(t.Context(), w.ns("c")))
	require.ErrorContains(t, w.CreateView(t.Context(), w.ns("ts"), raw(t, `{viewOn: "system.buckets.ts", pipeline: []}`)), "time series")
	w.requireUnder(u, "c")
}
