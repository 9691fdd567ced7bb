package mdb_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// TestLoginTooEarly: a server that has just been started answers logins with
// KeyNotFound for a moment.
func TestLoginTooEarly(t *testing.T) {
	const keyNotFound = 211
	rs := mongotest.New(t, mongotest.Options{})
	failing := bson.D{
		{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: bson.D{{Key: "times", Value: 1}}},
		{Key: "data", Value: bson.D{
			{Key: "failCommands", Value: bson.A{"saslStart", "saslContinue"}}, {Key: "appName", Value: mdb.AppName}, {Key: "errorCode", Value: keyNotFound},
		}},
	}
	require.NoError(t, rs.Client(t, mongotest.Root).Database("admin").RunCommand(t.Context(), failing).Err())
	c, err := mdb.Connect("cluster0", rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.Ping(t.Context())
	require.ErrorContains(t, err, "KeyNotFound")
	require.Equal(t, mdb.Transient, mdb.ClassOf(err))
	_, err = c.Ping(t.Context())
	require.NoError(t, err)
}
