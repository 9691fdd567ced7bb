package facts

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

// connected gives the engine's connection to a set, as the given user.
func connected(t *testing.T, name string, rs *mongotest.ReplicaSet, user mongotest.User) *mdb.Cluster {
	t.Helper()
	return dialed(t, name, rs.URI(user))
}

func dialed(t *testing.T, name, uri string) *mdb.Cluster {
	t.Helper()
	c, err := mdb.Connect(name, uri)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// admin runs a command as Root, which may do everything.
func admin(t *testing.T, rs *mongotest.ReplicaSet, db string, cmd bson.D) bson.Raw {
	t.Helper()
	reply, err := rs.Client(t, mongotest.Root).Database(db).RunCommand(t.Context(), cmd).Raw()
	require.NoError(t, err)
	return reply
}

var (
	majority   = bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}}
	reversible = lifecycle.Options{
		Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.AfterDataCopy,
	}
)

// createUnique makes app.<coll> with a unique index on field.
func createUnique(t *testing.T, rs *mongotest.ReplicaSet, coll, name, field string) {
	t.Helper()
	admin(t, rs, "app", bson.D{{Key: "createIndexes", Value: coll}, {Key: "indexes", Value: bson.A{bson.D{
		{Key: "key", Value: bson.D{{Key: field, Value: 1}}}, {Key: "name", Value: name}, {Key: "unique", Value: true}}}},
		majority})
}

// createConverted makes app.<coll> with two documents and an index that collMod
// has turned unique, as a commit does: its format says nothing about its keys,
// which are clean.
func createConverted(t *testing.T, rs *mongotest.ReplicaSet, coll, name, field string) {
	t.Helper()
	admin(t, rs, "app", bson.D{{Key: "insert", Value: coll}, {Key: "documents", Value: bson.A{
		bson.D{{Key: "_id", Value: 1}, {Key: "a", Value: 1}, {Key: "b", Value: 1}},
		bson.D{{Key: "_id", Value: 2}, {Key: "a", Value: 2}, {Key: "b", Value: 2}}}}, majority})
	addConverted(t, rs, coll, name, field)
}

// addConverted adds another such index, on the field a or b.
func addConverted(t *testing.T, rs *mongotest.ReplicaSet, coll, name, field string) {
	t.Helper()
	admin(t, rs, "app", bson.D{{Key: "createIndexes", Value: coll}, {Key: "indexes", Value: bson.A{bson.D{
		{Key: "key", Value: bson.D{{Key: field, Value: 1}}}, {Key: "name", Value: name}}}}, majority})
	for _, step := range []string{"prepareUnique", "unique"} {
		admin(t, rs, "app", bson.D{{Key: "collMod", Value: coll}, {Key: "index", Value: bson.D{
			{Key: "name", Value: name}, {Key: step, Value: true}}}, majority})
	}
}

// indexesOf looks at the unique indexes of one cluster alone.
func indexesOf(t *testing.T, c *mdb.Cluster) sdk.UniqueIndexes {
	t.Helper()
	f := Collect(t.Context(), Input{Source: c, Families: []string{sdk.FactUniqueIndexes}, IndexesOf: []sdk.Role{sdk.RoleSource}})
	return f.UniqueIndexes.Source
}
