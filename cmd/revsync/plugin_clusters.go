package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// liveClusters are those that a component is tried on: the first that was named is the source, the second the
// destination. Both are nil when none was named.
type liveClusters struct{ source, destination *mdb.Cluster }

// connectLive connects them. The caller closes them.
func connectLive(uris []string) (c liveClusters, err error) {
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

// commander answers commands. Those for the destination go to the source when it is the only one; without any, commands
// are Unavailable.
func (c liveClusters) commander() guest.Commander {
	if c.source == nil {
		return nil
	}
	return core.NewCommander(c.source, cmp.Or(c.destination, c.source))
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
