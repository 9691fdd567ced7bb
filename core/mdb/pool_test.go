package mdb_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// TestClearedPool has commands wait for the one connection of a pool while the
// command that has it is told that the server shuts down. The driver takes the
// connection away from all of them; none of these errors is permanent.
func TestClearedPool(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	c, err := mdb.Connect("cluster0", rs.URI(mongotest.Sync)+"&maxPoolSize=1")
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.Ping(t.Context())
	require.NoError(t, err)
	failing := bson.D{
		{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: "alwaysOn"},
		{Key: "data", Value: bson.D{
			{Key: "failCommands", Value: bson.A{"listDatabases"}}, {Key: "appName", Value: mdb.AppName}, {Key: "errorCode", Value: 11600},
			{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 300},
		}},
	}
	require.NoError(t, rs.Client(t, mongotest.Root).Database("admin").RunCommand(t.Context(), failing).Err())
	errs := make([]error, 5)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { _, errs[i] = c.Run(t.Context(), "admin", bson.D{{Key: "listDatabases", Value: 1}}) })
	}
	group.Wait()
	cleared := 0
	for _, err := range errs {
		require.Error(t, err)
		require.Equal(t, mdb.Transient, mdb.ClassOf(err), err)
		if strings.Contains(err.Error(), "was cleared because") {
			cleared++
		}
	}
	require.NotZero(t, cleared, errs)
}
