package topology

import (
	"slices"
	"strings"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// sharded judges what only a sharded cluster has.
func sharded(r *sdk.Request, role sdk.Role) []sdk.Finding {
	cluster, t := r.Sync.Cluster(role).Name, r.Facts.Topology.Of(role)
	findings := append(shards(t, cluster), balancer(t, cluster)...)
	if role == sdk.RoleSource { // what a reverse writes to; the destination's indexes are the engine's work
		findings = append(findings, indexesOnShards(r, cluster)...)
	}
	return findings
}

// shards finds out whether the facts are about the whole cluster.
func shards(t sdk.Topology, cluster string) (findings []sdk.Finding) {
	known := shardsOf(t)
	if t.ShardCount < 1 || len(known) > t.ShardCount {
		findings = append(findings, unknown.Fact("TOPOLOGY_UNKNOWN", "the number of shards", cluster, "it does not agree with the members that are listed"))
	}
	for _, name := range t.ShardNames {
		if !slices.Contains(known, name) {
			findings = append(findings, unknown.Fact("TOPOLOGY_UNKNOWN", "the members of shard "+name, cluster, "none is listed"))
		}
	}
	return findings
}

// balancer: a chunk that moves between shards while it is copied or applied could be met twice or not at all.
func balancer(t sdk.Topology, cluster string) []sdk.Finding {
	switch t.Balancer {
	case "off":
		return nil
	case "":
		return []sdk.Finding{unknown.Fact("BALANCER_UNKNOWN", "whether the balancer runs", cluster, "")}
	}
	return []sdk.Finding{sdk.Errorf("BALANCER_ON", "the balancer of %s is on (mode %s): chunks may move while they are copied", cluster, t.Balancer).
		On(cluster).Cure("run sh.stopBalancer() on %s, and wait until sh.isBalancerRunning() says that no round is under way", cluster)}
}

// indexesOnShards: an index that one shard lacks is not enforced there, and its format there is nobody's knowledge.
func indexesOnShards(r *sdk.Request, cluster string) (findings []sdk.Finding) {
	facts := r.Facts.UniqueIndexes.Source
	if r.Trigger != sdk.TriggerReverse && !r.Facts.Options.Reversible {
		return nil
	}
	if !facts.Known {
		return []sdk.Finding{unlike(r, "UNIQUE_INDEXES_UNKNOWN", "whether every shard of %s has all unique indexes is not known: %s", cluster, facts.Error).
			On(cluster).Cure("make all shards reachable and try again")}
	}
	for _, ix := range facts.Missing {
		f := unlike(r, "UNIQUE_INDEX_NOT_ON_ALL_SHARDS", "unique index %s of %s on %s is missing on shard %s",
			ix.Name, ix.Namespace, cluster, strings.Join(ix.Shards, ", ")).
			Cure("create the index again through a mongos; the shards that have it keep it")
		f.Resource = sdk.Resource{Cluster: cluster, Namespace: ix.Namespace, Index: ix.Name}
		findings = append(findings, f)
	}
	return findings
}
