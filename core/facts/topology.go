package facts

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// topology needs the actions replSetGetConfig and replSetGetStatus (role
// clusterMonitor). A sharded cluster is not known: its members are behind
// shards that this version does not look into.
var topology = family[sdk.Topology]{
	name: sdk.FactTopology, patience: quick,
	unknown: func(why string) sdk.Topology { return sdk.Topology{Error: why} },
	read:    readTopology,
}

func readTopology(ctx context.Context, c *mdb.Cluster) (sdk.Topology, error) {
	kind, err := kindOf(ctx, c)
	switch {
	case err != nil:
		return sdk.Topology{}, err
	case kind == sdk.TopologySharded:
		return sdk.Topology{}, fmt.Errorf("%s is a sharded cluster; this version looks into replica sets only", c.Name())
	case kind == sdk.TopologyStandalone:
		return sdk.Topology{Known: true, Kind: kind}, nil
	}
	set, err := readSet(ctx, c)
	return sdk.Topology{
		Known: true, Kind: kind, SetName: set.name, ReplicaSetID: set.id, Members: set.members,
	}, err
}

func kindOf(ctx context.Context, c *mdb.Cluster) (sdk.TopologyKind, error) {
	hello, err := c.Run(ctx, "admin", bson.D{{Key: "hello", Value: 1}})
	if err != nil {
		return "", err
	}
	if msg, _ := hello.Lookup("msg").StringValueOK(); msg == "isdbgrid" { // what a mongos says
		return sdk.TopologySharded, nil
	}
	if _, member := hello.Lookup("setName").StringValueOK(); member {
		return sdk.TopologyReplicaSet, nil
	}
	return sdk.TopologyStandalone, nil
}
