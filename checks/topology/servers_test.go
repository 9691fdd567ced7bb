package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/checks/internal/checktest"
	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

// A real standalone server is refused in either role, the same set twice too, and two real sets fit.
func TestServers(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{NoAuth: true})
	alone := mongotest.New(t, mongotest.Options{Standalone: true})
	dial := func(rs *mongotest.ReplicaSet) *mdb.Cluster {
		c, err := mdb.Connect("server", rs.URI(mongotest.Nobody))
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	set, other, standalone := dial(a), dial(b), dial(alone)
	for name, c := range map[string]struct {
		source, destination *mdb.Cluster
		want                []string
	}{
		"two sets":                   {set, other, []string{"info TOPOLOGY_FITS"}},
		"onto a standalone server":   {set, standalone, []string{"error TOPOLOGY_STANDALONE cluster1"}},
		"from a standalone server":   {standalone, set, []string{"error TOPOLOGY_STANDALONE cluster0"}},
		"the same set on both sides": {set, set, []string{"error SAME_CLUSTER"}},
	} {
		for _, trigger := range sdk.Triggers {
			f := facts.Collect(t.Context(), facts.Input{Source: c.source, Destination: c.destination, Families: []string{sdk.FactTopology}})
			f.Options = sdk.Options{Known: true, Reversible: true, EnableUserWriteBlocking: sdk.BlockSourceAndDestination}
			list, err := judge(t.Context(), nil, &sdk.Request{Trigger: trigger, Facts: f,
				Sync: sdk.Sync{Source: sdk.Cluster{Name: "cluster0"}, Destination: sdk.Cluster{Name: "cluster1"}}})
			require.NoError(t, err)
			require.Equal(t, c.want, checktest.Lines(list), "%s, %s", name, trigger)
		}
	}
}

// A real set with an arbiter is told apart, with access control on: what is known
// about it does not need a login there. Its two members with data are both needed
// for a majority write, which is what the warning is about.
func TestArbiter(t *testing.T) {
	t.Parallel()
	set := mongotest.New(t, mongotest.Options{Members: 3, Arbiter: true, Name: "rs-arbiter"})
	other := mongotest.New(t, mongotest.Options{})
	dial := func(rs *mongotest.ReplicaSet) *mdb.Cluster {
		c, err := mdb.Connect("server", rs.URI(mongotest.Sync))
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	f := facts.Collect(t.Context(), facts.Input{Source: dial(set), Destination: dial(other), IndexesOf: []sdk.Role{sdk.RoleSource},
		Options: lifecycle.Options{Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.AfterDataCopy}})
	for family, known := range map[string]bool{sdk.FactVersions: f.Versions.Source.Known, sdk.FactTopology: f.Topology.Source.Known,
		sdk.FactRights: f.Rights.Source.Known, sdk.FactOplogWindow: f.OplogWindow.Source.Known, sdk.FactUniqueIndexes: f.UniqueIndexes.Source.Known} {
		require.True(t, known, "%s: %+v", family, f)
	}
	for _, trigger := range sdk.Triggers {
		list, err := judge(t.Context(), nil, &sdk.Request{Trigger: trigger, Facts: f,
			Sync: sdk.Sync{Source: sdk.Cluster{Name: "cluster0"}, Destination: sdk.Cluster{Name: "cluster1"}}})
		require.NoError(t, err)
		require.Contains(t, checktest.Lines(list), "warning ARBITER_PRESENT cluster0", "%s", trigger)
		require.NotContains(t, checktest.Lines(list), "warning ARBITER_PRESENT cluster1")
	}
}
