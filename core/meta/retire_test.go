package meta_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/core/mongotest"
)

// A source that is reversed to has documented roles without dropDatabase; an
// undone reverse must be able to clear it all the same.
func TestRetireWithoutDropDatabase(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{})
	require.NoError(t, rs.AddUser(t.Context(), "dual", "backup", "clusterManager", "clusterMonitor", "readWriteAnyDatabase", "restore"))
	c, err := mdb.Connect("cluster0", rs.URI("dual"))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	root := rs.Client(t, mongotest.Root)
	_, err = c.Run(t.Context(), mdb.MetadataDB, bson.D{{Key: "dropDatabase", Value: 1}})
	require.True(t, mdb.HasCode(err, mdb.CodeUnauthorized), "the roles hold no dropDatabase: %v", err)

	_, err = meta.Create(t.Context(), c, record(), meta.NewOwner())
	require.NoError(t, err)
	_, err = root.Database(mdb.MetadataDB).Collection("collections").InsertOne(t.Context(), bson.D{})
	require.NoError(t, err)
	require.NoError(t, root.Database("admin").RunCommand(t.Context(), bson.D{{Key: "setUserWriteBlockMode", Value: 1}, {Key: "global", Value: true}}).Err())
	for range 2 { // nothing to remove is fine too
		require.NoError(t, meta.Retire(t.Context(), c))
		names, err := root.ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: mdb.MetadataDB}})
		require.NoError(t, err)
		require.Empty(t, names)
	}
}
