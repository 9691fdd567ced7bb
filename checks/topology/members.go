package topology

import (
	"slices"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// membersOf judges the members of a replica set, or of each shard.
func membersOf(t sdk.Topology, cluster string) []sdk.Finding {
	if len(t.Members) == 0 {
		return []sdk.Finding{unknown.Fact("TOPOLOGY_UNKNOWN", "the members", cluster, "none is listed")}
	}
	var findings []sdk.Finding
	for _, shard := range shardsOf(t) {
		set := slices.DeleteFunc(slices.Clone(t.Members), func(m sdk.Member) bool { return m.Shard != shard })
		findings = append(findings, arbiters(set, cluster, shard)...)
	}
	for _, m := range t.Members {
		findings = append(findings, member(m, cluster)...)
	}
	return findings
}

func shardsOf(t sdk.Topology) (names []string) {
	for _, m := range t.Members {
		if !slices.Contains(names, m.Shard) {
			names = append(names, m.Shard)
		}
	}
	return names
}

// arbiters notes members that vote without data. They count towards the majority that elects, not towards the one
// that holds a write: where all data-bearing voters are needed for that, one of them down stops the engine.
func arbiters(set []sdk.Member, cluster, shard string) []sdk.Finding {
	voters, bearing, count := 0, 0, 0
	for _, m := range set {
		if m.Arbiter {
			count++
		}
		if m.Votes > 0 {
			voters++
		}
		if m.Votes > 0 && !m.Arbiter {
			bearing++
		}
	}
	if count == 0 {
		return nil
	}
	f := sdk.Infof("ARBITER_PRESENT", "%s has %d arbiter(s) among %d voting members", place(cluster, shard), count, voters)
	if bearing <= voters/2+1 {
		f = sdk.Warningf("ARBITER_PRESENT", "%s has %d arbiter(s): a majority write needs all %d data-bearing voters, so that the sync stands still when one of them is down",
			place(cluster, shard), count, bearing).Cure("replace the arbiter by a member with data, at least until the sync is done")
	}
	return []sdk.Finding{f.On(cluster)}
}

func place(cluster, shard string) string {
	if shard == "" {
		return cluster
	}
	return cluster + " shard " + shard
}

func member(m sdk.Member, cluster string) []sdk.Finding {
	var findings []sdk.Finding
	if !m.Arbiter && !m.BuildIndexes {
		findings = append(findings, sdk.Warningf("MEMBER_WITHOUT_INDEXES", "member %s of %s builds no indexes: it cannot take over", m.Host, cluster).
			On(cluster).Cure("remove the member and add it again without buildIndexes: false"))
	}
	if m.State != "" && !slices.Contains([]string{"PRIMARY", "SECONDARY", "ARBITER"}, m.State) {
		findings = append(findings, sdk.Warningf("MEMBER_NOT_HEALTHY", "member %s of %s is in state %s", m.Host, cluster, m.State).
			On(cluster).Cure("bring the member back before a cutover"))
	}
	return findings
}
