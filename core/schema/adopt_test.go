package schema_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// zoo makes one of every kind of collection, index and view.
func (s side) zoo() {
	s.t.Helper()
	for _, command := range []string{
		`{create: "plain"}`,
		`{create: "old", idIndex: {v: 1, key: {_id: 1}, name: "_id_"}}`,
		`{create: "german", collation: {locale: "de", strength: 2}}`,
		`{create: "bounded", capped: true, size: 100000, max: 5}`,
		`{create: "ring", capped: true, size: 4096}`,
		`{create: "endless", capped: true, size: 5000, max: 0}`,
		`{create: "clustered", clusteredIndex: {key: {_id: 1}, unique: true, name: "mine"}, expireAfterSeconds: 3600}`,
		`{create: "checked", validator: {"$jsonSchema": {required: ["a"]}, "b.c": {"$exists": true}}, validationLevel: "moderate", validationAction: "warn"}`,
		`{create: "images", changeStreamPreAndPostImages: {enabled: true}}`,
		`{create: "packed", storageEngine: {wiredTiger: {configString: "block_compressor=zlib"}}, indexOptionDefaults: {storageEngine: {wiredTiger: {configString: "prefix_compression=false"}}}}`,
		`{create: "view", viewOn: "plain", pipeline: [{"$match": {a: 1}}], collation: {locale: "fr"}}`,
		`{create: "a view of a view", viewOn: "view", pipeline: [], collation: {locale: "fr"}}`,
		`{create: "a view of nothing", viewOn: "nowhere", pipeline: [{"$match": {"$expr": {"$eq": ["$a", "$b"]}}}]}`,
		`{createIndexes: "plain", indexes: [
			{key: {u: 1}, name: "unique", unique: true},
			{key: {us: 1, t: -1}, name: "unique sparse", unique: true, sparse: true},
			{key: {up: 1}, name: "unique partial", unique: true, partialFilterExpression: {x: {"$gt": 5}}},
			{key: {uh: 1}, name: "unique hidden ttl", unique: true, hidden: true, expireAfterSeconds: 50},
			{key: {uc: 1}, name: "unique collation", unique: true, collation: {locale: "en", strength: 1}},
			{key: {s: 1}, name: "sparse", sparse: true},
			{key: {h: 1}, name: "hidden", hidden: true},
			{key: {t: 1}, name: "ttl", expireAfterSeconds: 3600},
			{key: {p: 1}, name: "prepared", prepareUnique: true},
			{key: {tx: "text", a: 1}, name: "text", weights: {tx: 7}, default_language: "german"},
			{key: {g: "2d"}, name: "flat", bits: 20, min: -500, max: 500},
			{key: {gs: "2dsphere"}, name: "round", "2dsphereIndexVersion": 2},
			{key: {hs: "hashed"}, name: "hashed"},
			{key: {"$**": 1}, name: "wild", wildcardProjection: {secret: 0}},
			{key: {v1: 1}, name: "v1", v: 1},
			{key: {twin: 1}, name: "twin"}, {key: {twin: 1}, name: "unique twin", unique: true},
			{key: {bg: 1}, name: "background", background: true},
			{key: {_id: "hashed"}, name: "id hashed"}]}`,
		`{createIndexes: "german", indexes: [
			{key: {i: 1}, name: "inherits"}, {key: {i: 1}, name: "simple", collation: {locale: "simple"}},
			{key: {u: 1}, name: "unique simple", unique: true, collation: {locale: "simple"}},
			{key: {t: "text"}, name: "text", collation: {locale: "simple"}},
			{key: {v1: 1}, name: "v1", v: 1}]}`,
		`{createIndexes: "ring", indexes: [{key: {u: 1}, name: "unique", unique: true}]}`,
		`{createIndexes: "clustered", indexes: [{key: {u: 1}, name: "unique", unique: true}]}`,
	} {
		s.run("zoo", command)
	}
	s.run("other", `{create: "plain.with.dots"}`)
}

func TestAdoptRelaxesRestoresAndEnforces(t *testing.T) {
	source, dest := pair(t)
	source.zoo()
	original := source.shape()
	c := adopted(t, source, dest)

	for ns, x := range original { // nothing is missing but the late one of two twins
		there, ok := dest.shape()[ns].(map[string]any)
		require.True(t, ok, ns)
		if indexes, ok := x.(map[string]any)["indexes"].(map[string]map[string]string); ok && ns == "zoo.plain" {
			require.Len(t, there["indexes"], len(indexes)-1)
		}
	}
	requireRelaxed(t, dest)
	duplicates(t, dest, true)
	dest.run("zoo", `{delete: "plain", deletes: [{q: {}, limit: 0}]}`)

	require.NoError(t, c.Restore(t.Context()))
	require.Equal(t, guarded(source.shape()), guarded(dest.shape()))
	require.Equal(t, `{"v":true}`, dest.index("zoo", "plain", "unique")["prepareUnique"])
	duplicates(t, dest, false)
	dest.run("zoo", `{delete: "plain", deletes: [{q: {}, limit: 0}]}`)

	require.NoError(t, c.EnforceUnique(t.Context()))
	require.Equal(t, original, dest.shape())
	require.NoError(t, c.Restore(t.Context()))
	require.NoError(t, c.EnforceUnique(t.Context()))
	require.Equal(t, original, dest.shape())
}

func requireRelaxed(t *testing.T, s side) {
	t.Helper()
	for ns, x := range s.shape() {
		entry := x.(map[string]any)
		options := entry["options"].(map[string]string)
		if _, capped := options["capped"]; capped {
			require.Equal(t, fmt.Sprintf(`{"v":%d}`, int64(1)<<50), options["size"], ns)
			require.Contains(t, []string{"", `{"v":2147483647}`}, options["max"], ns)
		}
		require.NotContains(t, options, "expireAfterSeconds", ns)
		indexes, _ := entry["indexes"].(map[string]map[string]string)
		for name, spec := range indexes {
			if _, clustered := spec["clustered"]; clustered {
				continue
			}
			for _, flag := range []string{"unique", "prepareUnique", "hidden"} {
				require.NotContains(t, spec, flag, "%s %s", ns, name)
			}
			require.Contains(t, []string{"", `{"v":2147483647}`}, spec["expireAfterSeconds"], "%s %s", ns, name)
		}
	}
}

// duplicates writes two documents with equal values under a unique index.
func duplicates(t *testing.T, s side, accepted bool) {
	t.Helper()
	reply := s.root.Database("zoo").RunCommand(t.Context(), doc(t, `{insert: "plain", documents: [{u: 1}, {u: 1}], ordered: true}`))
	if accepted {
		require.NoError(t, reply.Err())
		return
	}
	require.ErrorContains(t, reply.Err(), "E11000")
}

// guarded makes unique and prepareUnique the same thing in a shape.
func guarded(shape map[string]any) map[string]any {
	for _, x := range shape {
		indexes, _ := x.(map[string]any)["indexes"].(map[string]map[string]string)
		for _, spec := range indexes {
			if _, ok := spec["prepareUnique"]; ok {
				spec["unique"] = spec["prepareUnique"]
				delete(spec, "prepareUnique")
			}
		}
	}
	return shape
}

func TestRelaxAgainUndoesRestore(t *testing.T) {
	source, dest := pair(t)
	source.zoo()
	c := adopted(t, source, dest)
	relaxed := dest.shape()
	require.NoError(t, c.Restore(t.Context()))
	require.NotEqual(t, relaxed, dest.shape())
	require.NoError(t, c.RelaxAgain(t.Context()))
	requireRelaxed(t, dest)
	require.Equal(t, relaxed["zoo.plain"], dest.shape()["zoo.plain"])
	duplicates(t, dest, true)
}

func TestAdoptAfterCrashAndChanges(t *testing.T) {
	source, dest := pair(t)
	for n := range maxCommands {
		source.clear()
		dest.clear()
		source.run("a", `{create: "stays"}`)
		source.run("a", `{createIndexes: "stays", indexes: [{key: {x: 1}, name: "x", unique: true}]}`)
		source.run("a", `{create: "goes"}`)
		source.run("a", `{create: "v", viewOn: "stays", pipeline: []}`)
		source.run("b", `{create: "goes too", viewOn: "stays", pipeline: []}`)
		first := snapshot(t, source)
		dest.stopAfter(n)
		err := open(t, dest, 0).Adopt(t.Context(), first, true)
		dest.goOn()
		if err != nil {
			require.ErrorContains(t, err, "failCommand")
		}
		// the source goes on while the engine is down
		source.run("a", `{drop: "goes"}`)
		source.run("a", `{create: "goes"}`)
		source.run("b", `{drop: "goes too"}`)
		source.run("a", `{collMod: "v", viewOn: "stays", pipeline: [{"$match": {a: 1}}]}`)
		source.run("a", `{createIndexes: "stays", indexes: [{key: {y: 1}, name: "y"}]}`)
		c := open(t, dest, 0)
		require.NoError(t, c.Adopt(t.Context(), snapshot(t, source), true), "after a stop after %d commands", n)
		requireAdopted(t, source, dest, c)
		if err == nil {
			require.Greater(t, n, 8)
			return
		}
	}
	require.Fail(t, "the operation never got through")
}

func requireAdopted(t *testing.T, source, dest side, c *schema.Catalog) {
	t.Helper()
	for _, e := range c.Collections() {
		require.Equal(t, source.uuid(e.NS.DB, e.NS.Coll), e.Source)
		require.Equal(t, dest.uuid(e.NS.DB, e.NS.Coll), e.Dest)
	}
	require.NoError(t, c.Restore(t.Context()))
	require.NoError(t, c.EnforceUnique(t.Context()))
	require.Equal(t, source.shape(), dest.shape())
}

func TestAdoptRefusesTakenNames(t *testing.T) {
	source, dest := pair(t)
	source.run("a", `{create: "free"}`)
	source.run("a", `{create: "taken"}`)
	source.run("a", `{create: "seen", viewOn: "free", pipeline: []}`)
	dest.run("a", `{create: "taken"}`)
	dest.run("a", `{create: "seen", viewOn: "mine", pipeline: []}`)
	before := dest.shape()
	c := open(t, dest, 0)
	err := c.Adopt(t.Context(), snapshot(t, source), false)
	require.ErrorContains(t, err, "a.seen, a.taken")
	require.Equal(t, before, dest.shape())
	require.Empty(t, c.Collections())
}

func TestIndexCountsAndFailures(t *testing.T) {
	source, dest := pair(t)
	source.run("a", `{createIndexes: "one", indexes: [{key: {x: 1}, name: "x"}, {key: {p: 1, q: 1}, name: "pq"}, {key: {z: 1}, name: "z"}]}`)
	source.run("a", `{createIndexes: "two", indexes: [{key: {x: 1}, name: "x", unique: true}]}`)
	source.run("a", `{create: "none"}`)
	c := open(t, dest, 0)
	require.NoError(t, c.Adopt(t.Context(), snapshot(t, source), false))
	counts := func() [4]int {
		built, total, finished, all := c.IndexCounts()
		return [4]int{built, total, finished, all}
	}
	require.Equal(t, [4]int{0, 4, 0, 2}, counts())

	// a state that the source never has at one time
	dest.run("a", `{insert: "one", documents: [{_id: 1, p: [1, 2], q: [1, 2]}]}`)
	one := source.uuid("a", "one")
	require.NoError(t, c.BuildIndexes(t.Context(), one))
	require.Equal(t, [4]int{2, 4, 1, 2}, counts())
	e, _ := c.BySource(one)
	require.Equal(t, schema.IndexFailed, e.Indexes[1].State)
	require.Contains(t, e.Indexes[1].Error, "parallel arrays")

	require.NoError(t, c.RetryFailed(t.Context()))
	require.Equal(t, [4]int{2, 4, 1, 2}, counts())
	require.ErrorContains(t, c.Restore(t.Context()), "index pq of a.one")

	dest.run("a", `{delete: "one", deletes: [{q: {}, limit: 0}]}`)
	require.NoError(t, c.RetryFailed(t.Context()))
	require.NoError(t, c.BuildIndexes(t.Context(), source.uuid("a", "two")))
	require.Equal(t, [4]int{4, 4, 2, 2}, counts())
	e, _ = open(t, dest, 0).BySource(one)
	require.Equal(t, schema.IndexBuilt, e.Indexes[1].State)
	require.Empty(t, e.Indexes[1].Error)
}

func TestNeverBuild(t *testing.T) {
	source, dest := pair(t)
	source.run("a", `{createIndexes: "one", indexes: [{key: {x: 1}, name: "x", unique: true}]}`)
	c := open(t, dest, 0)
	c.NeverBuild()
	require.NoError(t, c.Adopt(t.Context(), snapshot(t, source), true))
	u := source.uuid("a", "one")
	require.NoError(t, c.BuildIndexes(t.Context(), u))
	require.NoError(t, c.CreateIndexes(t.Context(), u, []bson.Raw{raw(t, `{v: 2, key: {y: 1}, name: "y"}`)}))
	require.NoError(t, c.Modify(t.Context(), u, raw(t, `{index: {name: "y", hidden: true}}`)))
	require.NoError(t, c.DropIndexes(t.Context(), u, []string{"y"}))
	require.NoError(t, c.Restore(t.Context()))
	require.NoError(t, c.EnforceUnique(t.Context()))
	require.Len(t, dest.indexes("a", "one"), 1)
}

func TestTemporaryCollectionsBecomeOrdinary(t *testing.T) {
	_, dest := pair(t)
	c := open(t, dest, 0)
	require.NoError(t, c.CreateCollection(t.Context(), schema.UUID{1}, mdb.Namespace{DB: "a", Coll: "tmp.agg_out.x"},
		raw(t, `{temp: true, idIndex: {v: 2, key: {_id: 1}, name: "_id_", ns: "a.x"}}`)))
	require.Empty(t, dest.shape()["a.tmp.agg_out.x"].(map[string]any)["options"])
}
