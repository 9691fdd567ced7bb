package wasm

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// A module in the sandbox reads a collection of a real server, batch by batch, and no cursor of its stays open.
func TestGoGuestReadsACollection(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	cluster, err := mdb.Connect("cluster0", rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	var docs []any
	for i := range 35 {
		docs = append(docs, bson.D{{Key: "_id", Value: i}})
	}
	_, err = rs.Client(t, mongotest.App).Database("app").Collection("c").InsertMany(t.Context(), docs)
	require.NoError(t, err)

	gate := plugins.NewRunner(goGuest(t)).Bind(guest.Hosts{})
	report, err := gate.Review(t.Context(), core.NewCommander(cluster, nil), sdk.Request{Trigger: sdk.TriggerReverse, Component: "acme.guest/reads"})
	require.NoError(t, err)
	require.Len(t, report.Results, 1)
	require.Equal(t, sdk.OutcomePassed, report.Results[0].Outcome, "%+v", report.Results[0])
	require.Equal(t, "35 and 12", report.Results[0].Findings[0].Message)
	require.Equal(t, 4+2+1, report.Results[0].HostCalls, "four batches, two batches, and the close")
	cursor, err := rs.Client(t, mongotest.Root).Database("admin").Aggregate(t.Context(), bson.A{
		bson.D{{Key: "$currentOp", Value: bson.D{{Key: "allUsers", Value: true}, {Key: "idleCursors", Value: true}}}},
		bson.D{{Key: "$match", Value: bson.D{{Key: "ns", Value: "app.c"}, {Key: "cursor", Value: bson.D{{Key: "$exists", Value: true}}}}}}})
	require.NoError(t, err)
	var open []bson.Raw
	require.NoError(t, cursor.All(t.Context(), &open))
	require.Empty(t, open)
}
