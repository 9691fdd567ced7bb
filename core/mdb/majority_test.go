package mdb_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

func TestChangesWaitForAMajority(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	c, err := mdb.Connect("server", rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	root := rs.Client(t, mongotest.Root)
	point := func(name string, mode any, data bson.D) {
		t.Helper()
		require.NoError(t, root.Database("admin").RunCommand(t.Context(), bson.D{
			{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: mode}, {Key: "data", Value: data}}).Err())
	}
	index := func(name string) bson.D {
		return bson.D{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: name, Value: 1}}}, {Key: "name", Value: name}}}}}
	}
	names := func() []string {
		specs, err := root.Database("db").Collection("c").Indexes().ListSpecifications(t.Context())
		require.NoError(t, err)
		var out []string
		for _, s := range specs {
			out = append(out, s.Name)
		}
		return out
	}

	t.Run("not confirmed", func(t *testing.T) {
		point("failCommand", bson.D{{Key: "times", Value: 2}}, bson.D{
			{Key: "failCommands", Value: bson.A{"create", "createIndexes"}}, {Key: "appName", Value: mdb.AppName},
			{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 64}, {Key: "errmsg", Value: "waiting"}}}})
		_, err := c.RunMajority(t.Context(), "db", bson.D{{Key: "create", Value: "c"}})
		require.ErrorAs(t, err, new(*mdb.WriteConcernError))
		require.Equal(t, mdb.Transient, mdb.ClassOf(err))
		_, err = c.RunSlow(t.Context(), "db", "c", index("a"))
		require.ErrorAs(t, err, new(*mdb.WriteConcernError))
		require.Equal(t, []string{"_id_", "a"}, names(), "both were done")
	})

	t.Run("slow and unanswered", func(t *testing.T) {
		require.NoError(t, root.Database("db").RunCommand(t.Context(), bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: bson.A{bson.D{{Key: "b", Value: 1}}}}}).Err())
		point("hangAfterStartingIndexBuild", "alwaysOn", bson.D{})
		release := sync.OnceFunc(func() { point("hangAfterStartingIndexBuild", "off", bson.D{}) })
		defer release()
		short, cancel := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() {
			_, err := c.RunSlow(short, "db", "c", index("b"))
			first <- err
		}()
		require.Eventually(t, func() bool { return len(names()) == 3 }, 30*time.Second, 10*time.Millisecond)
		cancel()
		require.Error(t, <-first)
		_, err := c.RunMajority(t.Context(), "db", bson.D{{Key: "create", Value: "other"}})
		require.NoError(t, err, "other commands do not wait for it")

		second := make(chan error, 1)
		go func() {
			_, err := c.RunSlow(t.Context(), "db", "c", index("b"))
			second <- err
		}()
		release()
		require.NoError(t, <-second)
		running, err := c.All(t.Context(), "admin", bson.D{{Key: "aggregate", Value: 1}, {Key: "cursor", Value: bson.D{}}, {Key: "pipeline", Value: bson.A{
			bson.D{{Key: "$currentOp", Value: bson.D{}}}, bson.D{{Key: "$match", Value: bson.D{{Key: "command.comment.revsyncSlow", Value: "c"}}}}}}})
		require.NoError(t, err)
		require.Empty(t, running)
	})
}
