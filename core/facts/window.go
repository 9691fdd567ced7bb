package facts

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// oplogWindow reads the oplog's ends (action serverStatus) and its size (action
// collStats on local.oplog.rs).
var oplogWindow = family[sdk.Oplog]{
	name: sdk.FactOplogWindow, patience: quick,
	unknown: func(why string) sdk.Oplog { return sdk.Oplog{Error: why} },
	read:    readOplog,
}

func readOplog(ctx context.Context, c *mdb.Cluster) (sdk.Oplog, error) {
	w, err := c.OplogWindow(ctx)
	if err != nil {
		return sdk.Oplog{}, err
	}
	oplog := sdk.Oplog{Known: true, First: timestamp(w.First), Last: timestamp(w.Last)}
	// The sizes are for people, and stay 0 for a user who may not see them: the
	// window, which is what decides, is known all the same.
	if stats, err := storageStats(ctx, c, mdb.Namespace{DB: "local", Coll: "oplog.rs"}, bson.D{
		{Key: "size", Value: "$storageStats.size"}, {Key: "max", Value: "$storageStats.maxSize"},
	}); err == nil {
		oplog.SizeBytes, _ = stats.Lookup("size").AsInt64OK()
		oplog.MaxSizeBytes, _ = stats.Lookup("max").AsInt64OK()
	}
	return oplog, nil
}

func window(oplogs sdk.PerCluster[sdk.Oplog], reverseStart lifecycle.OpTime) sdk.OplogWindow {
	w := sdk.OplogWindow{Source: oplogs.Source, Destination: oplogs.Destination}
	if !reverseStart.IsZero() {
		start := timestamp(reverseStart)
		w.ReverseStart = &start
	}
	return w
}

func timestamp(t lifecycle.OpTime) sdk.Timestamp { return sdk.Timestamp{T: t.T, I: t.I} }
