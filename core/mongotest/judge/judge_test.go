package judge_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/judge"
)

// sides are two clusters for all tests of this package, which run one after
// another: each looks at everything there is.
type sides struct{ a, b *mongo.Client }

var shared sides

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx := context.Background()
	for _, client := range []**mongo.Client{&shared.a, &shared.b} {
		set, err := mongotest.Start(ctx, mongotest.Options{})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer set.Remove() //nolint:errcheck // the folder is temporary
		if *client, err = set.Connect(ctx, mongotest.Root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer (*client).Disconnect(ctx) //nolint:errcheck // the process ends
	}
	return m.Run()
}

// reset empties both sides and gives them the same collections and documents.
func reset(t *testing.T) sides {
	t.Helper()
	for _, side := range []*mongo.Client{shared.a, shared.b} {
		resetOne(t, side)
	}
	return shared
}

func resetOne(t *testing.T, side *mongo.Client) {
	t.Helper()
	for _, database := range []string{"t", "u"} {
		require.NoError(t, side.Database(database).Drop(t.Context()))
	}
	fill(t, side)
}

// d makes a document of keys and values.
func d(pairs ...any) bson.D {
	doc := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		doc = append(doc, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return doc
}

func command(t *testing.T, side *mongo.Client, doc bson.D) {
	t.Helper()
	var answer struct{ WriteErrors bson.A }
	require.NoError(t, side.Database("t").RunCommand(t.Context(), doc).Decode(&answer), "%v", doc)
	require.Empty(t, answer.WriteErrors, "%v", doc)
}

func index(name string, key bson.D, options ...any) bson.D {
	return append(d("key", key, "name", name), d(options...)...)
}

func fill(t *testing.T, side *mongo.Client) {
	t.Helper()
	for _, c := range []bson.D{
		d("create", "c", "validator", d("n", d("$exists", true)), "validationLevel", "moderate", "validationAction", "error"),
		d("create", "log", "capped", true, "size", 4096),
		d("create", "words", "collation", d("locale", "en", "strength", 2)),
		d("create", "view", "viewOn", "c", "pipeline", bson.A{d("$match", d("n", 1))}),
		d("createIndexes", "c", "indexes", bson.A{
			index("plain", d("n", 1)), index("back", d("n", -1)),
			index("unique", d("n", 1, "s", 1), "unique", true),
			index("ttl", d("at", 1), "expireAfterSeconds", 1000), index("hidden", d("h", 1), "hidden", true),
		}),
		d("insert", "words", "documents", bson.A{d("_id", "apple"), d("_id", "Banana"), d("_id", "cherry")}),
	} {
		command(t, side, c)
	}
	insert(t, side, "c", 300, func(i int) bson.D { return d("_id", i, "n", i, "s", "text", "e", d("x", i, "y", bson.A{1, 2})) })
	insert(t, side, "log", 10, func(i int) bson.D { return d("_id", i) })
}

func insert(t *testing.T, side *mongo.Client, name string, count int, doc func(int) bson.D) {
	t.Helper()
	docs := bson.A{}
	for i := range count {
		docs = append(docs, doc(i))
	}
	command(t, side, d("insert", name, "documents", docs))
}

// compare judges in both orders: a difference must be seen from either side.
func compare(t *testing.T) judge.Differences {
	t.Helper()
	found, err := judge.Compare(t.Context(), shared.a, shared.b)
	require.NoError(t, err)
	mirrored, err := judge.Compare(t.Context(), shared.b, shared.a)
	require.NoError(t, err)
	require.Len(t, mirrored.List, len(found.List), "%s\n%s", found, mirrored)
	return found
}
