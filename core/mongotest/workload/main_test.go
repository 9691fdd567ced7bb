package workload_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// shared is one set for tests that only need a database of their own.
var shared *mongotest.ReplicaSet

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if shared, err = mongotest.Start(context.Background(), mongotest.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer shared.Remove() //nolint:errcheck // the folder is temporary
	return m.Run()
}

// patience is for what takes a second on a machine with nothing else to do.
const patience = time.Minute

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, fmt.Errorf("it took longer than %s", patience))
	t.Cleanup(cancel)
	return ctx
}

// start runs a workload on a set, as fast as it can.
func start(t *testing.T, set *mongotest.ReplicaSet, o workload.Options) *workload.Run {
	t.Helper()
	o.Client, o.DDLClient = set.Client(t, mongotest.App), set.Client(t, mongotest.DDL)
	if o.Rate == 0 {
		o.Rate = -1
	}
	traffic, err := workload.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		traffic.Stop()
		dropDatabases(t, set, o.Database)
	})
	return traffic
}

// dropDatabases makes room for the same test again.
func dropDatabases(t *testing.T, set *mongotest.ReplicaSet, prefix string) {
	if prefix == "" {
		return // the set is the test's own
	}
	ctx := context.Background() // the test's has ended
	client, err := set.Connect(ctx, mongotest.Root)
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(ctx)) }()
	names, err := client.ListDatabaseNames(ctx, d("name", bson.Regex{Pattern: "^" + prefix}))
	require.NoError(t, err)
	for _, name := range names {
		require.NoError(t, client.Database(name).Drop(ctx))
	}
}

func d(pairs ...any) bson.D {
	doc := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		doc = append(doc, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return doc
}

// admin runs a command as Root.
func admin(t *testing.T, set *mongotest.ReplicaSet, command ...any) {
	t.Helper()
	require.NoError(t, set.Client(t, mongotest.Root).Database("admin").RunCommand(t.Context(), d(command...)).Err())
}

// fence closes a side to plain users, or opens it.
func fence(t *testing.T, set *mongotest.ReplicaSet, closed bool) {
	t.Helper()
	admin(t, set, "setUserWriteBlockMode", 1, "global", closed)
}
