package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// liveClusters are those that a component is tried on: the first that was named is the source, the second the
// destination. Both are nil when none was named.
type liveClusters struct {
	source, destination *mdb.Cluster
	flag                string // names one
}

// connectLive connects those that were named with a flag. The caller closes them.
func connectLive(flag string, uris []string) (c liveClusters, err error) {
	c.flag = flag
	if len(uris) > 2 {
		return c, fmt.Errorf("%d clusters: there is a source and a destination", len(uris))
	}
	names := []sdk.Role{sdk.RoleSource, sdk.RoleDestination}
	for i, to := range []**mdb.Cluster{&c.source, &c.destination}[:len(uris)] {
		if *to, err = mdb.Connect(string(names[i]), uris[i]); err != nil {
			c.close()
			return liveClusters{}, err
		}
	}
	return c, nil
}

func (c liveClusters) close() {
	for _, cluster := range []*mdb.Cluster{c.source, c.destination} {
		if cluster != nil {
			cluster.Close()
		}
	}
}

// commander answers commands; those for a cluster that was not named are Unavailable. The source does not stand in for the
// destination: what compares the two would find no difference.
func (c liveClusters) commander() guest.Commander {
	return named{core.NewCommander(c.source, c.destination).(sdk.SessionCommander), c}
}

type named struct {
	sdk.SessionCommander
	clusters liveClusters
}

// RunCommand implements guest.Commander.
func (n named) RunCommand(ctx context.Context, cluster, database string, cmd json.RawMessage) (json.RawMessage, error) {
	if err := n.clusters.missing(cluster); err != nil {
		return nil, err
	}
	return n.SessionCommander.RunCommand(ctx, cluster, database, cmd)
}

// OpenSession implements sdk.SessionCommander.
func (n named) OpenSession(ctx context.Context, cluster string) (sdk.Commander, func(), error) {
	if err := n.clusters.missing(cluster); err != nil {
		return nil, nil, err
	}
	return n.SessionCommander.OpenSession(ctx, cluster)
}

// missing says which flag is not there for a command to the cluster.
func (c liveClusters) missing(cluster string) error {
	switch {
	case c.source == nil:
		return sdk.Statusf(sdk.CodeUnavailable, "no cluster was named: give --%s", c.flag)
	case c.destination == nil && cluster == string(sdk.RoleDestination):
		return sdk.Statusf(sdk.CodeUnavailable, "the destination was not named: give a second --%s", c.flag)
	}
	return nil
}

// collect finds out facts as the engine does for a reverse. What only a sync knows (options, reverse start point,
// divergence) and what is about a destination that was not named stays unknown.
func (c liveClusters) collect(ctx context.Context, families []string) sdk.Facts {
	if c.source == nil || len(families) == 0 {
		return sdk.Facts{}
	}
	return facts.Collect(ctx, facts.Input{Source: c.source, Destination: c.destination, Families: families,
		IndexesOf: []sdk.Role{sdk.RoleSource}})
}
