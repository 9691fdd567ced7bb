package core_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

// TestWhatClosesTheWayBack: after the commit of a reversible sync, one after
// another, the old source is opened, written to, and the oplog of the new side
// written over. The built-in checks name each, and so does the engine.
func TestWhatClosesTheWayBack(t *testing.T) {
	p := newPair(t, mongotest.Options{OplogMB: 16, Args: []string{"--syncdelay", "1"}}, func(o *core.Options) { o.Gate = loadGate(t, "") })
	old, fresh := p.client(lifecycle.Cluster0, mongotest.Root), p.client(lifecycle.Cluster1, mongotest.App)
	_, err := old.Database("d").Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
	require.NoError(t, err)
	require.Equal(t, sdk.SeverityInfo, p.findingsOf(sdk.TriggerStart)["WAY_BACK_OPEN"])
	p.start(forward())
	p.commit()
	open := p.findingsOf(sdk.TriggerReverse)
	require.Equal(t, sdk.SeverityInfo, open["OPLOG_WINDOW_FITS"])
	require.Equal(t, sdk.SeverityInfo, open["OLD_SOURCE_UNTOUCHED"])
	require.NotContains(t, open, "WAY_BACK_OPEN", "it is said before one leaves only")

	block := func(on bool) {
		require.NoError(t, old.Database("admin").RunCommand(t.Context(), bson.D{{Key: "setUserWriteBlockMode", Value: 1}, {Key: "global", Value: on}}).Err())
	}
	block(false)
	require.Contains(t, codes(t, p.engine.Reverse(t.Context())), "OLD_SOURCE_OPEN")
	block(true)

	_, err = old.Database("d").Collection("foreign").InsertOne(t.Context(), bson.D{}) // root passes the block
	require.NoError(t, err)
	err = p.engine.Reverse(t.Context())
	require.Contains(t, codes(t, err), "OLD_SOURCE_WRITTEN")
	require.NotContains(t, codes(t, err), "OLD_SOURCE_OPEN")
	require.ErrorContains(t, err, "on d.foreign at")

	start := p.engine.Progress().ReversePoint
	pad := bson.D{{Key: "pad", Value: strings.Repeat("x", 1<<20)}}
	p.until("the oplog of the new side to be written over", func(core.Progress) bool {
		_, err := fresh.Database("d").Collection("pad").InsertOne(t.Context(), pad)
		require.NoError(t, err)
		var first struct {
			TS bson.Timestamp `bson:"ts"`
		}
		require.NoError(t, p.client(lifecycle.Cluster1, mongotest.Root).Database("local").Collection("oplog.rs").FindOne(t.Context(), bson.D{}).Decode(&first))
		return first.TS.T > start.T
	})
	err = p.engine.Reverse(t.Context())
	require.Contains(t, codes(t, err), "REVERSE_POINT_LOST")
	require.ErrorContains(t, err, "REVERSE_POINT_LOST (revsync.checks/oplog-window)")
	require.ErrorContains(t, err, "REVERSE_POINT_LOST (revsync.engine/guards)")
	require.Equal(t, lifecycle.Committed, p.engine.Progress().State)
}
