// Package uniqueindex checks that the unique indexes of the cluster that will be written to hold no keys in the old
// format.
//
// While changes are applied, the destination's unique indexes are made non-unique, with collMod and
// forceNonUnique. On an index with keys from feature compatibility 4.0 that command succeeds and does the damage: the
// next read through the index stops a 6.0.5 server, and a 6.0.27 goes on with a corrupt index. It is enough that one
// secondary has such keys.
package uniqueindex

import (
	"context"
	"slices"
	"time"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// Check is the component.
func Check() sdk.Part {
	p := sdk.Check("unique-index-format", judge,
		sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse).
		Needs(sdk.FactUniqueIndexes, sdk.FactTopology, sdk.FactOptions)
	p.Timeout = sdk.Duration(30 * time.Second) // many suspects make a large request
	return p
}

func judge(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	if !r.Facts.Options.Known {
		return []sdk.Finding{unknown.Options()}, nil
	}
	if r.Trigger != sdk.TriggerReverse && !r.Facts.Options.Reversible {
		return nil, nil // the destination's indexes are then the engine's own work
	}
	// Before a reverse, and before a start or commit that is to be reversed, it is always the source that will be
	// written to on the way back.
	findings := side(r, sdk.RoleSource)
	if r.Trigger != sdk.TriggerReverse {
		soften(findings)
	}
	return findings, nil
}

// soften makes warnings of what only a later reverse will refuse.
func soften(findings []sdk.Finding) {
	for i := range findings {
		if findings[i].Severity == sdk.SeverityError {
			findings[i].Severity = sdk.SeverityWarning
			findings[i].Message += "; a reverse would be refused"
		}
	}
}

func side(r *sdk.Request, role sdk.Role) []sdk.Finding {
	cluster, facts := r.Sync.Cluster(role).Name, r.Facts.UniqueIndexes.Of(role)
	if !facts.Known {
		return []sdk.Finding{unknown.Fact("UNIQUE_INDEXES_UNKNOWN", "the format of unique indexes", cluster, facts.Error)}
	}
	findings := unasked(r.Facts.Topology.Of(role), facts, cluster)
	checked := 0
	for _, m := range facts.Members {
		checked += m.Checked
		if !m.Known {
			findings = append(findings, notAsked(m.Host, m.Error, cluster))
		}
	}
	findings = append(findings, suspects(facts, cluster, r.Trigger)...)
	if !slices.ContainsFunc(findings, func(f sdk.Finding) bool { return f.Severity == sdk.SeverityError }) {
		findings = append(findings, sdk.Infof("UNIQUE_INDEXES_CLEAN", "no unique index of %s holds keys in the old format", cluster).
			On(cluster).Because("indexesChecked", checked).Because("members", len(facts.Members)))
	}
	return findings
}

// unasked finds data-bearing members that the facts do not mention at all.
func unasked(t sdk.Topology, facts sdk.UniqueIndexes, cluster string) []sdk.Finding {
	if !t.Known {
		return []sdk.Finding{unknown.Fact("UNIQUE_INDEXES_UNKNOWN", "the list of members to ask", cluster, t.Error)}
	}
	var findings []sdk.Finding
	bearing := 0
	for _, m := range t.Members {
		if m.Arbiter {
			continue
		}
		bearing++
		if !slices.ContainsFunc(facts.Members, func(a sdk.MemberIndexes) bool { return a.Host == m.Host }) {
			findings = append(findings, notAsked(m.Host, "the facts do not mention it", cluster))
		}
	}
	if bearing == 0 {
		findings = append(findings, unknown.Fact("UNIQUE_INDEXES_UNKNOWN", "the list of members to ask", cluster, "no data-bearing member is listed"))
	}
	return findings
}

func notAsked(host, why, cluster string) sdk.Finding {
	return sdk.Errorf("UNIQUE_INDEX_MEMBER_NOT_ASKED", "member %s of %s could not be asked for the format of its unique indexes: %s", host, cluster, why).
		On(cluster).Because("member", host).
		Cure("make %s reachable from here by the name it has in the replica set's configuration, or remove the member from the set", host)
}
