package mdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// TestCursorDeadline: the deadlines of a cursor's commands bind this side only.
// A server that got the first one as maxTimeMS would end the whole scan by it,
// and one that hangs in a later batch must not hold up the caller.
func TestCursorDeadline(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	root := rs.Client(t, mongotest.Root)
	c, err := mdb.Connect("cluster0", rs.URI(mongotest.Sync))
	require.NoError(t, err)
	defer c.Close()
	ctx := t.Context()
	for i := range 10 {
		_, err := root.Database("shop").Collection("orders").InsertOne(ctx, bson.D{{Key: "_id", Value: i}})
		require.NoError(t, err)
	}
	require.NoError(t, root.Database("shop").RunCommand(ctx, bson.D{{Key: "profile", Value: 2}}).Err())

	short, cancel := context.WithTimeout(ctx, 30*time.Second)
	cur, err := c.Open(short, "shop", bson.D{{Key: "find", Value: "orders"}, {Key: "batchSize", Value: 2}}, 2, 0)
	require.NoError(t, err)
	defer cur.Close(ctx)
	for range 2 {
		b, err := cur.Next(short)
		require.NoError(t, err)
		require.False(t, b.Empty())
	}
	cancel()
	var seen []bson.Raw
	profile, err := root.Database("shop").Collection("system.profile").Find(ctx, bson.D{{Key: "appName", Value: mdb.AppName}})
	require.NoError(t, err)
	require.NoError(t, profile.All(ctx, &seen))
	require.Len(t, seen, 2, "find and getMore")
	for _, op := range seen {
		require.True(t, op.Lookup("command", "maxTimeMS").IsZero(), "%s", op.Lookup("command"))
	}

	require.NoError(t, root.Database("admin").RunCommand(ctx, bson.D{
		{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: bson.D{{Key: "times", Value: 1}}},
		{Key: "data", Value: bson.D{{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "appName", Value: mdb.AppName},
			{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 20_000}}}}).Err())
	short, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err = cur.Next(short)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, mdb.Transient, mdb.ClassOf(err))
	require.Less(t, time.Since(begin), 10*time.Second)
}
