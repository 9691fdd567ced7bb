package workload_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// damage is one thing done to the data behind the workload's back, and the words in
// which Verify must complain about it, and not before.
type damage struct {
	name string
	do   func(v victim)
	want string
}

// victim is the database that the damage is done to.
type victim struct {
	*testing.T
	*mongo.Database
}

// TestVerifyFindsDamage plants each damage on top of the ones before it.
func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	all := map[workload.Kind][]damage{
		workload.Append: appendDamages, workload.Count: countDamages, workload.Transfer: transferDamages,
		workload.Documents: documentsDamages, workload.Toggle: toggleDamages, workload.Handover: handoverDamages,
		workload.Capped: cappedDamages, workload.Files: filesDamages, workload.DDL: ddlDamages,
	}
	for _, kind := range workload.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, all[kind], "each kind has its damages")
			database := "damaged_" + string(kind)
			traffic := start(t, shared, workload.Options{Seed: 13, Operations: 150, Clients: 1, Kinds: []workload.Kind{kind}, Database: database})
			require.NoError(t, traffic.WaitEnd(soon(t)))
			root := shared.Client(t, mongotest.Root)
			require.NoError(t, traffic.Verify(t.Context(), root))
			if kind == workload.DDL {
				database += "_ddl_0_0"
			}
			for _, one := range all[kind] {
				if before := traffic.Verify(t.Context(), root); before != nil {
					require.NotContains(t, before.Error(), one.want, one.name)
				}
				one.do(victim{t, root.Database(database)})
				require.ErrorContains(t, traffic.Verify(t.Context(), root), one.want, one.name)
			}
		})
	}
}

// run runs a command.
func (v victim) run(command ...any) {
	v.Helper()
	require.NoError(v, v.RunCommand(v.Context(), d(command...)).Err(), "%v", command)
}

func (v victim) insert(collection string, doc bson.D) {
	v.Helper()
	_, err := v.Collection(collection).InsertOne(v.Context(), doc)
	require.NoError(v, err)
}

// update changes exactly one document.
func (v victim) update(collection string, filter bson.D, update any) {
	v.Helper()
	res, err := v.Collection(collection).UpdateOne(v.Context(), filter, update)
	require.NoError(v, err)
	require.EqualValues(v, 1, res.ModifiedCount)
}

// remove deletes exactly one document.
func (v victim) remove(collection string, filter bson.D) {
	v.Helper()
	res, err := v.Collection(collection).DeleteOne(v.Context(), filter)
	require.NoError(v, err)
	require.EqualValues(v, 1, res.DeletedCount)
}

// first is the first document by _id that a filter finds; there must be one.
func (v victim) first(collection string, filter bson.D) bson.Raw {
	v.Helper()
	doc, err := v.Collection(collection).FindOne(v.Context(), filter, options.FindOne().SetSort(d("_id", 1))).Raw()
	require.NoError(v, err)
	return doc
}

// ids are all _ids of a collection.
func (v victim) ids(collection string) []bson.RawValue {
	v.Helper()
	cursor, err := v.Collection(collection).Find(v.Context(), d(), options.Find().SetSort(d("_id", 1)))
	require.NoError(v, err)
	var docs []bson.Raw
	require.NoError(v, cursor.All(context.Background(), &docs))
	var ids []bson.RawValue
	for _, doc := range docs {
		ids = append(ids, doc.Lookup("_id"))
	}
	return ids
}
