package mongotest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/mongotest"
)

func cmd(pairs ...any) bson.D {
	d := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		d = append(d, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return d
}

type command struct {
	db   string
	body bson.D
}

// What a sync does to the cluster that it reads, to the one that it writes, and
// to both when it changes their roles.
var syncCommands = []command{
	{"admin", cmd("appendOplogNote", 1, "data", cmd("revsync", 1))},
	{"admin", cmd("replSetGetStatus", 1)},
	{"admin", cmd("replSetGetConfig", 1)},
	{"admin", cmd("serverStatus", 1)},
	{"admin", cmd("hostInfo", 1)},
	{"admin", cmd("listDatabases", 1)},
	{"admin", cmd("getParameter", 1, "featureCompatibilityVersion", 1)},
	{"admin", cmd("getDefaultRWConcern", 1)},
	{"admin", cmd("aggregate", 1, "pipeline", bson.A{cmd("$currentOp", cmd("allUsers", true))}, "cursor", cmd())},
	{"local", cmd("find", "oplog.rs", "limit", 1)},
	{"local", cmd("collStats", "oplog.rs")},
	{"config", cmd("find", "user_writes_critical_sections")},
	{"shop", cmd("create", "c", "validator", cmd("n", cmd("$gt", 0)))},
	{"shop", cmd("insert", "c", "documents", bson.A{cmd("_id", 1, "n", -1)}, "bypassDocumentValidation", true)},
	{"shop", cmd("createIndexes", "c", "indexes", bson.A{cmd("key", cmd("n", 1), "name", "n", "unique", true)})},
	{"shop", cmd("collMod", "c", "index", cmd("name", "n", "forceNonUnique", true))},
	{"shop", cmd("collMod", "c", "index", cmd("name", "n", "prepareUnique", true))},
	{"shop", cmd("collMod", "c", "index", cmd("name", "n", "unique", true))},
	{"shop", cmd("collMod", "c", "validator", cmd())},
	{"shop", cmd("validate", "c", "background", true)},
	{"shop", cmd("aggregate", "c", "pipeline", bson.A{cmd("$collStats", cmd("storageStats", cmd()))}, "cursor", cmd())},
	{"shop", cmd("aggregate", "c", "pipeline", bson.A{cmd("$indexStats", cmd())}, "cursor", cmd())},
	{"shop", cmd("dropIndexes", "c", "index", "n")},
	{"shop", cmd("create", "v", "viewOn", "c", "pipeline", bson.A{})},
	{"shop", cmd("create", "ts", "timeseries", cmd("timeField", "t"))},
	{"shop", cmd("delete", "system.buckets.ts", "deletes", bson.A{cmd("q", cmd(), "limit", 0)})},
	{"shop", cmd("insert", "system.js", "documents", bson.A{cmd("_id", "f", "value", 1)})},
	{"shop", cmd("listCollections", 1)},
	{"shop", cmd("convertToCapped", "c", "size", 4096)},
	{"admin", cmd("renameCollection", "shop.c", "to", "shop.d", "dropTarget", true)},
	{"admin", cmd("renameCollection", "shop.d", "to", "store.d")},
	{"shop", cmd("drop", "v")},
	{"shop", cmd("dropDatabase", 1)},
	{"revsync_internal", cmd("insert", "state", "documents", bson.A{cmd("_id", 1)})},
	{"admin", cmd("setUserWriteBlockMode", 1, "global", true)},
	{"store", cmd("insert", "d", "documents", bson.A{cmd("_id", 2)})},
	{"store", cmd("createIndexes", "d", "indexes", bson.A{cmd("key", cmd("x", 1), "name", "x")})},
	{"admin", cmd("setUserWriteBlockMode", 1, "global", false)},
}

func TestRights(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{})
	t.Run("sync may do all that a sync does", func(t *testing.T) { syncMay(t, rs) })
	t.Run("others may not", func(t *testing.T) { othersMayNot(t, rs) })
}

func syncMay(t *testing.T, rs *mongotest.ReplicaSet) {
	sync := rs.Client(t, mongotest.Sync)
	stream, err := sync.Watch(t.Context(), mongo.Pipeline{}, options.ChangeStream().
		SetShowExpandedEvents(true).SetFullDocument(options.UpdateLookup).
		SetCustomPipeline(bson.M{"showRawUpdateDescription": true, "showSystemEvents": true}))
	require.NoError(t, err)
	for _, c := range syncCommands {
		var answer struct{ WriteErrors []bson.Raw }
		err := sync.Database(c.db).RunCommand(t.Context(), c.body).Decode(&answer)
		require.NoError(t, err, "%v", c)
		require.Empty(t, answer.WriteErrors, "%v", c)
	}
	require.True(t, stream.Next(t.Context()), "%v", stream.Err())
	require.NoError(t, stream.Close(t.Context()))
}

func othersMayNot(t *testing.T, rs *mongotest.ReplicaSet) {
	block := command{"admin", cmd("setUserWriteBlockMode", 1, "global", true)}
	dropDatabase := command{"shop", cmd("dropDatabase", 1)}
	for _, c := range []struct {
		user    mongotest.User
		command command
		allowed bool
	}{
		{mongotest.App, block, false},
		{mongotest.DDL, block, false},
		{mongotest.App, dropDatabase, false},
		{mongotest.DDL, dropDatabase, true},
		{mongotest.Root, command{"admin", cmd("configureFailPoint", "failCommand", "mode", "off")}, true},
	} {
		err := rs.Client(t, c.user).Database(c.command.db).RunCommand(t.Context(), c.command.body).Err()
		if c.allowed {
			require.NoError(t, err, "%v", c)
		} else {
			require.ErrorContains(t, err, "not authorized", "%v", c)
		}
	}
}
