package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
)

// TestSmallRoundTrip walks there and back once with a handful of documents: the
// quickest test that touches everything.
func TestSmallRoundTrip(t *testing.T) {
	p := newPair(t, mongotest.Options{})
	zero, one := p.client(lifecycle.Cluster0, mongotest.DDL), p.client(lifecycle.Cluster1, mongotest.DDL)
	c0, c1 := zero.Database("shop").Collection("orders"), one.Database("shop").Collection("orders")
	for i := range 100 {
		_, err := c0.InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}, {Key: "sku", Value: i}, {Key: "v", Value: 1}})
		require.NoError(t, err)
	}
	_, err := c0.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "sku", Value: 1}}, Options: options.Index().SetUnique(true)})
	require.NoError(t, err)

	p.start(forward())
	_, err = c0.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: 7}}, bson.D{{Key: "$inc", Value: bson.D{{Key: "v", Value: 1}}}})
	require.NoError(t, err)
	refused(t, c1)
	committed := p.commit()
	require.True(t, committed.CanWrite)
	require.False(t, committed.ReversePoint.IsZero())
	p.equal()
	refused(t, c0)

	_, err = c1.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "written on cluster1"}, {Key: "sku", Value: "x"}})
	require.NoError(t, err)
	_, err = c1.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: 3}})
	require.NoError(t, err)
	running := p.reverse()
	require.Equal(t, lifecycle.Cluster1, running.Mapping.Source)
	require.False(t, running.CanWrite)
	refused(t, c0)
	_, err = c1.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: 8}}, bson.D{{Key: "$set", Value: bson.D{{Key: "v", Value: "back"}}}})
	require.NoError(t, err)
	p.commit()
	p.equal()
	refused(t, c1)
	var doc bson.M
	require.NoError(t, c0.FindOne(t.Context(), bson.D{{Key: "_id", Value: "written on cluster1"}}).Decode(&doc))
	require.NoError(t, c0.FindOne(t.Context(), bson.D{{Key: "v", Value: "back"}}).Decode(&doc))
	_, err = c0.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "open again"}, {Key: "sku", Value: 5}})
	require.True(t, mongo.IsDuplicateKeyError(err), "the unique index is back: %v", err)
}

// refused proves that a plain user cannot write to a side.
func refused(t *testing.T, c *mongo.Collection) {
	t.Helper()
	_, err := c.InsertOne(t.Context(), bson.D{{Key: "intruder", Value: true}})
	var we mongo.WriteException
	require.ErrorAs(t, err, &we)
	require.True(t, we.HasErrorCode(371), "the write must be blocked, got %v", err)
}
