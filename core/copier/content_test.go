package copier_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// insert puts documents into the source, unordered, as a user would.
func (w *world) insert(db, coll string, docs ...any) {
	_, err := w.src.Database(db).Collection(coll).InsertMany(w.ctx(), docs, options.InsertMany().SetOrdered(false))
	require.NoError(w.t, err)
}

// run runs a command as Root.
func run(t testing.TB, c *mongo.Client, db string, cmd bson.D) bson.Raw {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	reply, err := c.Database(db).RunCommand(ctx, cmd).Raw()
	require.NoError(t, err, "%v", cmd[0])
	return reply
}

// content reads a collection as it lies there, byte for byte.
func content(t testing.TB, c *mongo.Client, db, coll string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cur, err := c.Database(db).Collection(coll).Find(ctx, bson.D{}, options.Find().SetHint(bson.D{{Key: "$natural", Value: 1}}))
	require.NoError(t, err)
	var out []string
	for cur.Next(ctx) {
		out = append(out, string(cur.Current))
	}
	require.NoError(t, cur.Err())
	return out
}

// requireEqual compares a whole collection; the order counts only for capped ones.
func (w *world) requireEqual(db, coll string, inOrder bool) {
	w.t.Helper()
	requireSame(w.t, content(w.t, w.src, db, coll), content(w.t, w.dst, db, coll), inOrder)
}

// requireSame shows the first document that differs.
func requireSame(t testing.TB, want, got []string, inOrder bool) {
	t.Helper()
	if !inOrder {
		slices.Sort(want)
		slices.Sort(got)
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			require.Fail(t, "documents differ", "at %d: %.200s and %.200s", i, bson.Raw(want[i]), bson.Raw(got[i]))
		}
	}
	require.Equal(t, len(want), len(got), "number of documents")
}

// numbered fills a collection with documents of _id 0 to n-1, of about 1 kB.
func (w *world) numbered(db, coll string, n int) {
	docs := make([]any, n)
	for i := range docs {
		docs[i] = bson.D{{Key: "_id", Value: i}, {Key: "v", Value: i % 7}, {Key: "pad", Value: make([]byte, 1000)}}
	}
	_, err := w.src.Database(db).Collection(coll).InsertMany(w.ctx(), docs)
	require.NoError(w.t, err)
}
