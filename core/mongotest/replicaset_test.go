package mongotest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

func insert(ctx context.Context, client *mongo.Client, id int) error {
	_, err := client.Database("shop").Collection("orders").InsertOne(ctx, bson.D{{Key: "_id", Value: id}})
	return err
}

func count(t *testing.T, client *mongo.Client) int64 {
	t.Helper()
	n, err := client.Database("shop").Collection("orders").CountDocuments(t.Context(), bson.D{})
	require.NoError(t, err)
	return n
}

func TestOneMember(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	rs := mongotest.New(t, mongotest.Options{})
	client := rs.Client(t, mongotest.App)
	require.NoError(t, insert(t.Context(), client, 1))
	t.Logf("from start to the first write: %d ms", time.Since(begin).Milliseconds())

	t.Run("fence", func(t *testing.T) { fenceRefusesApplications(t, rs) })
	t.Run("password", func(t *testing.T) {
		_, err := rs.Connect(t.Context(), "stranger")
		require.ErrorContains(t, err, "Authentication failed")
	})
	t.Run("added user", func(t *testing.T) {
		require.NoError(t, rs.AddUser(t.Context(), "reader", "read@shop"))
		reader := rs.Client(t, "reader")
		require.EqualValues(t, 1, count(t, reader))
		require.ErrorContains(t, insert(t.Context(), reader, 2), "not authorized")
	})
	t.Run("step down", func(t *testing.T) {
		before := electionID(t, rs)
		require.NoError(t, rs.StepDown(t.Context()))
		require.NotEqual(t, before, electionID(t, rs))
		require.NoError(t, insert(t.Context(), client, 3))
	})
	t.Run("shutdown and start", func(t *testing.T) {
		m := rs.Members()[0]
		require.NoError(t, m.Shutdown(t.Context()))
		require.False(t, m.Running())
		require.NoError(t, m.Start(t.Context()))
		require.EqualValues(t, 2, count(t, rs.Client(t, mongotest.App)))
	})
}

func fenceRefusesApplications(t *testing.T, rs *mongotest.ReplicaSet) {
	sync := rs.Client(t, mongotest.Sync)
	block := func(on bool) {
		command := bson.D{{Key: "setUserWriteBlockMode", Value: 1}, {Key: "global", Value: on}}
		require.NoError(t, sync.Database("admin").RunCommand(t.Context(), command).Err())
	}
	block(true)
	for _, user := range []mongotest.User{mongotest.App, mongotest.DDL} {
		var refused mongo.WriteException
		require.ErrorAs(t, insert(t.Context(), rs.Client(t, user), 100), &refused)
		require.True(t, refused.HasErrorCode(371), "%v", refused)
	}
	require.NoError(t, insert(t.Context(), sync, 101))
	block(false)
	app := rs.Client(t, mongotest.App)
	_, err := app.Database("shop").Collection("orders").DeleteOne(t.Context(), bson.D{{Key: "_id", Value: 101}})
	require.NoError(t, err)
}

func electionID(t *testing.T, rs *mongotest.ReplicaSet) bson.ObjectID {
	t.Helper()
	m, err := rs.Primary(t.Context())
	require.NoError(t, err)
	raw, err := m.Command(t.Context(), "admin", bson.D{{Key: "hello", Value: 1}})
	require.NoError(t, err)
	return raw.Lookup("electionId").ObjectID()
}

func TestThreeMembers(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	rs := mongotest.New(t, mongotest.Options{Members: 3})
	client := rs.Client(t, mongotest.App)
	require.NoError(t, insert(t.Context(), client, 0))
	t.Logf("from start to the first write: %d ms", time.Since(begin).Milliseconds())

	t.Run("kill the primary", func(t *testing.T) {
		old := primary(t, rs)
		require.NoError(t, old.Kill())
		require.False(t, old.Running())
		require.NotSame(t, old, primary(t, rs))
		require.NoError(t, insert(t.Context(), client, 1))
		require.NoError(t, old.Start(t.Context()))
		require.EqualValues(t, 2, count(t, client))
	})
	t.Run("step down", func(t *testing.T) {
		old := primary(t, rs)
		require.NoError(t, rs.StepDown(t.Context()))
		require.NotSame(t, old, primary(t, rs))
		require.NoError(t, insert(t.Context(), client, 2))
	})
	t.Run("pause the primary", func(t *testing.T) {
		old := primary(t, rs)
		require.NoError(t, old.Pause())
		require.NotSame(t, old, primary(t, rs))
		require.NoError(t, old.Continue())
	})
}

func primary(t *testing.T, rs *mongotest.ReplicaSet) *mongotest.Member {
	t.Helper()
	m, err := rs.Primary(t.Context())
	require.NoError(t, err)
	return m
}

func TestPauseAndContinue(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{})
	require.Equal(t, []string{"rs-a", "rs-b"}, []string{a.Name(), b.Name()})
	require.NotEqual(t, a.Hosts(), b.Hosts())
	m := a.Members()[0]
	client := m.Client(t, mongotest.App)

	require.NoError(t, m.Pause())
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, insert(short, client, 1), context.DeadlineExceeded)
	require.NoError(t, insert(t.Context(), b.Client(t, mongotest.App), 1), "the other set goes on")

	require.NoError(t, m.Continue())
	require.NoError(t, insert(t.Context(), client, 2))
}
