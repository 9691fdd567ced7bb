package mdb_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// TestInsertChanges: only an empty timestamp in a top-level field other than
// _id is changed by a server.
func TestInsertChanges(t *testing.T) {
	for name, c := range map[string]struct {
		doc  bson.D
		want bool
	}{
		"at the top":        {bson.D{{Key: "_id", Value: 1}, {Key: "t", Value: bson.Timestamp{}}}, true},
		"last of many":      {bson.D{{Key: "a", Value: int64(0)}, {Key: "b", Value: 0.0}, {Key: "t", Value: bson.Timestamp{}}}, true},
		"with an empty key": {bson.D{{Key: "", Value: bson.Timestamp{}}}, true},
		"_id":               {bson.D{{Key: "_id", Value: bson.Timestamp{}}}, false},
		"not empty":         {bson.D{{Key: "t", Value: bson.Timestamp{I: 1}}, {Key: "u", Value: bson.Timestamp{T: 1}}}, false},
		"deeper":            {bson.D{{Key: "d", Value: bson.D{{Key: "t", Value: bson.Timestamp{}}}}, {Key: "l", Value: bson.A{bson.Timestamp{}}}}, false},
		"other zeros":       {bson.D{{Key: "n", Value: int64(0)}, {Key: "b", Value: bson.Binary{Data: make([]byte, 40)}}}, false},
		"nothing":           {bson.D{}, false},
	} {
		doc, err := bson.Marshal(c.doc)
		require.NoError(t, err, name)
		require.Equal(t, c.want, mdb.InsertChangesDocument(doc), name)
		plain, err := bson.Marshal(bson.D{{Key: "_id", Value: 2}})
		require.NoError(t, err)
		var docs mdb.Array
		docs.Add(plain)
		docs.Add(doc)
		docs.Add(plain)
		require.Equal(t, c.want, mdb.InsertChanges(docs.Raw()), name)
	}
	require.False(t, mdb.InsertChanges(bson.RawArray{5, 0, 0, 0, 0}))
}
