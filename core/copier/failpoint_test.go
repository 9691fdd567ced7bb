package copier_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mdb"
)

// failCommand arms the fail point for the engine's connections.
func failCommand(t testing.TB, c *mongo.Client, mode any, data bson.D) {
	run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode},
		{Key: "data", Value: append(data, bson.E{Key: "appName", Value: mdb.AppName})}})
	t.Cleanup(func() { disarm(t, c) })
}

func disarm(t testing.TB, c *mongo.Client) {
	run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: "off"}})
}

func times(n int) bson.D { return bson.D{{Key: "times", Value: n}} }

func skip(n int) bson.D { return bson.D{{Key: "skip", Value: n}} }

// failing makes commands fail with a code.
func failing(code int, commands ...string) bson.D {
	return bson.D{{Key: "failCommands", Value: commands}, {Key: "errorCode", Value: code}}
}

// hold keeps inserts into a collection from being carried out until release
// is called. entered waits until so many of them are held.
func hold(t testing.TB, c *mongo.Client, ns string) (entered func(n int), release func()) {
	const name = "hangDuringBatchInsert"
	reply := run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: "alwaysOn"}, {Key: "data", Value: bson.D{{Key: "nss", Value: ns}}}})
	before, _ := reply.Lookup("count").AsInt64OK()
	release = sync.OnceFunc(func() {
		run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: "off"}})
	})
	t.Cleanup(release)
	entered = func(n int) {
		cmd := bson.D{{Key: "waitForFailPoint", Value: name}, {Key: "timesEntered", Value: before + int64(n)}, {Key: "maxTimeMS", Value: 20_000}}
		// Without a deadline, of which the driver would make another maxTimeMS.
		require.NoError(t, c.Database("admin").RunCommand(context.Background(), cmd).Err())
	}
	return entered, release
}
