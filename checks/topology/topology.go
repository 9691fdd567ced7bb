// Package topology checks the shape of the two clusters: whether they can be synced, and whether the way back is
// between equals.
package topology

import (
	"context"
	"slices"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// Check is the component.
func Check() sdk.Part {
	return sdk.Check("topology", judge,
		sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse).
		Needs(sdk.FactTopology, sdk.FactUniqueIndexes, sdk.FactOptions)
}

func judge(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	if !r.Facts.Options.Known {
		return []sdk.Finding{unknown.Options()}, nil
	}
	source, destination := r.Facts.Topology.Source, r.Facts.Topology.Destination
	findings := append(side(r, sdk.RoleSource), side(r, sdk.RoleDestination)...)
	if usable(source) && usable(destination) {
		findings = append(findings, pair(r, source, destination)...)
	}
	return findings, nil
}

func usable(t sdk.Topology) bool {
	return t.Known && (t.Kind == sdk.TopologyReplicaSet || t.Kind == sdk.TopologySharded)
}

// side judges one cluster by itself.
func side(r *sdk.Request, role sdk.Role) []sdk.Finding {
	cluster, t := r.Sync.Cluster(role).Name, r.Facts.Topology.Of(role)
	switch {
	case !t.Known:
		return []sdk.Finding{unknown.Fact("TOPOLOGY_UNKNOWN", "the topology", cluster, t.Error)}
	case t.Kind == sdk.TopologyStandalone:
		return []sdk.Finding{sdk.Errorf("TOPOLOGY_STANDALONE", "%s is a standalone server: it has no change stream and no write block", cluster).
			On(cluster).Cure("restart it with --replSet and run rs.initiate(); one member is enough")}
	case !usable(t):
		return []sdk.Finding{unknown.Fact("TOPOLOGY_UNKNOWN", "the topology", cluster, "kind "+string(t.Kind)+" is not known here")}
	}
	findings := membersOf(t, cluster)
	if t.Kind == sdk.TopologySharded {
		findings = append(findings, sharded(r, role)...)
	}
	return findings
}

// pair judges the two clusters together.
func pair(r *sdk.Request, source, destination sdk.Topology) []sdk.Finding {
	if host, same := sameCluster(source, destination); same {
		return []sdk.Finding{sdk.Errorf("SAME_CLUSTER", "source and destination are the same cluster: both have member %s and replica set id %s",
			host, source.ReplicaSetID).Cure("give two different clusters")}
	}
	if source.Kind != destination.Kind {
		return []sdk.Finding{unlike(r, "TOPOLOGY_MISMATCH", "the source is a %s cluster, the destination a %s cluster", string(source.Kind), string(destination.Kind))}
	}
	if source.ShardCount != destination.ShardCount {
		return []sdk.Finding{unlike(r, "SHARD_COUNT_MISMATCH", "the source has %d shards, the destination %d", source.ShardCount, destination.ShardCount)}
	}
	return []sdk.Finding{sdk.Infof("TOPOLOGY_FITS", "both clusters are of kind %s", string(source.Kind)).Because("shards", source.ShardCount)}
}

// unlike makes the finding for two clusters between which there is no way back: an error for a reverse and for a
// start that wants one, a warning for a commit that wants one, an info where nobody wants one.
func unlike(r *sdk.Request, code, format string, args ...any) sdk.Finding {
	f := sdk.Infof(code, format+", so that this sync cannot be reversed", args...)
	switch {
	case r.Trigger == sdk.TriggerReverse, r.Facts.Options.Reversible && r.Trigger == sdk.TriggerStart:
		f.Severity = sdk.SeverityError
	case r.Facts.Options.Reversible:
		f.Severity = sdk.SeverityWarning
	}
	return f.Cure("make the clusters alike, or start the sync without reversible")
}

// sameCluster needs both signs: an id can be copied together with data files, and a host name can mean two machines
// in two networks.
func sameCluster(a, b sdk.Topology) (string, bool) {
	if a.ReplicaSetID == "" || a.ReplicaSetID != b.ReplicaSetID {
		return "", false
	}
	for _, m := range a.Members {
		if slices.ContainsFunc(b.Members, func(other sdk.Member) bool { return other.Host == m.Host }) {
			return m.Host, true
		}
	}
	return "", false
}
