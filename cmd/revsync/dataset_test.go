//go:build unix

package main_test

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

// inTheYear2100 is when documents expire.
const inTheYear2100 = bson.DateTime(4_102_444_800_000)

// load writes a small data set with everything that a sync changes for its
// time and has to restore: unique and TTL indexes, a hidden one, a unique index
// beside a plain one on the same key, a capped collection; and views, a
// collation and a clustered collection.
func (w *world) load() {
	w.t.Helper()
	w.define(0, "shop", "createIndexes", "users", "indexes", bson.A{
		d("name", "email", "key", d("email", 1), "unique", true),
		d("name", "number", "key", d("number", 1)),
		d("name", "number_unique", "key", d("number", 1), "unique", true),
		d("name", "tag", "key", d("tag", 1), "hidden", true),
	})
	w.define(0, "shop", "createIndexes", "sessions", "indexes", bson.A{
		d("name", "expiry", "key", d("at", 1), "expireAfterSeconds", 3600)})
	w.define(0, "shop", "create", "log", "capped", true, "size", 64<<10, "max", 100)
	w.define(0, "shop", "create", "names", "collation", d("locale", "en", "strength", 2))
	w.define(0, "shop", "createIndexes", "names", "indexes", bson.A{d("name", "alias", "key", d("alias", 1), "unique", true)})
	w.define(0, "shop", "create", "clustered", "clusteredIndex", d("key", d("_id", 1), "unique", true))
	w.define(0, "shop", "create", "adults", "viewOn", "users", "pipeline", bson.A{d("$match", d("number", d("$gt", 100)))})
	w.define(0, "other", "create", "empty")
	w.fill("users", 300, func(i int) bson.D {
		return d("_id", i, "email", fmt.Sprintf("user%d@example.com", i), "number", i, "tag", i%7)
	})
	w.fill("sessions", 100, func(i int) bson.D { return d("_id", i, "at", inTheYear2100) })
	w.fill("log", 150, func(i int) bson.D { return d("_id", i, "text", strings.Repeat("x", i)) })
	w.fill("names", 50, func(i int) bson.D { return d("_id", fmt.Sprintf("Name%d", i), "alias", fmt.Sprintf("ALIAS%d", i)) })
	w.fill("clustered", 50, func(i int) bson.D { return d("_id", i) })
}

// fill inserts documents into a collection of the database shop, in order.
func (w *world) fill(collection string, count int, doc func(i int) bson.D) {
	w.t.Helper()
	docs := make([]any, count)
	for i := range docs {
		docs[i] = doc(i)
	}
	w.insert(0, "shop", collection, docs...)
}

// requireRestored proves on the open side, by writes of a plain user, that what
// a sync relaxes is in force again.
func (w *world) requireRestored() {
	w.t.Helper()
	shop := w.client(w.open, mongotest.App).Database("shop")
	for _, taken := range []struct {
		collection, field string
		value             any
	}{
		{"users", "email", "user7@example.com"}, {"users", "number", 7}, {"names", "alias", "alias7"},
	} {
		_, err := shop.Collection(taken.collection).InsertOne(w.t.Context(), d(taken.field, taken.value))
		require.True(w.t, mongo.IsDuplicateKeyError(err), "%s.%s is unique: %v", taken.collection, taken.field, err)
	}
	n, err := shop.Collection("log").CountDocuments(w.t.Context(), d())
	require.NoError(w.t, err)
	require.EqualValues(w.t, 100, n, "the capped collection")
}
