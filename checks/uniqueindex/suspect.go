package uniqueindex

import (
	"slices"
	"strings"

	"github.com/revsync/revsync/sdk"
)

// suspect is one index that looks old on at least one member, with what each of those members said.
type suspect struct {
	sdk.UniqueIndex
	old, unproven, clean []string // hosts
	warnings, reasons    []string
}

// maxListed bounds the findings about single indexes; a response has room for 1000 findings in 1 MiB.
const maxListed = 200

// suspects judges the indexes that look old, one finding for each index, those that refuse first.
func suspects(facts sdk.UniqueIndexes, cluster string, t sdk.Trigger) []sdk.Finding {
	list := gather(facts)
	slices.SortStableFunc(list, func(a, b *suspect) int { return a.rank() - b.rank() })
	var findings []sdk.Finding
	for i, s := range list {
		if i == maxListed {
			return append(findings, rest(list[maxListed:], cluster, t))
		}
		findings = append(findings, s.finding(cluster, t))
	}
	return findings
}

// gather brings the members' answers together by index, in the order in which they first appear.
func gather(facts sdk.UniqueIndexes) []*suspect {
	var list []*suspect
	at := map[string]*suspect{}
	for _, m := range facts.Members {
		for _, u := range m.Suspects {
			key := u.Namespace + "\x00" + u.Name
			if at[key] == nil {
				at[key] = &suspect{UniqueIndex: u}
				list = append(list, at[key])
			}
			at[key].add(u, m.Host)
		}
	}
	return list
}

func (s *suspect) add(u sdk.UniqueIndex, host string) {
	switch {
	case len(u.ValidateWarnings) > 0:
		s.old = append(s.old, host)
		s.warnings = append(s.warnings, u.ValidateWarnings...)
	case !u.Validated:
		s.unproven = append(s.unproven, host)
		s.reasons = append(s.reasons, reason(u))
	default:
		s.clean = append(s.clean, host)
	}
}

func reason(u sdk.UniqueIndex) string {
	if u.ValidateError == "" {
		return "it was not run"
	}
	return u.ValidateError
}

func (s *suspect) rank() int {
	switch {
	case len(s.old) > 0:
		return 0
	case len(s.unproven) > 0:
		return 1
	}
	return 2
}

func (s *suspect) finding(cluster string, t sdk.Trigger) sdk.Finding {
	var f sdk.Finding
	switch s.rank() {
	case 0:
		f = sdk.Errorf("UNIQUE_INDEX_OLD_FORMAT", "unique index %s of %s on %s has keys in the old format on %s: %s",
			s.Name, s.Namespace, cluster, members(s.old), once(s.warnings)).Cure("%s", cure(cluster, t))
	case 1:
		f = sdk.Errorf("UNIQUE_INDEX_NOT_VALIDATED",
			"unique index %s of %s on %s may have keys in the old format (format version %d) on %s, and validate could not tell: %s",
			s.Name, s.Namespace, cluster, s.FormatVersion, members(s.unproven), once(s.reasons)).
			Cure("let validate run (it needs the action validate, as in role dbAdminAnyDatabase), or %s", cure(cluster, t))
	default:
		f = sdk.Infof("UNIQUE_INDEX_VALIDATED", "unique index %s of %s on %s has format version %d and validates clean on %s",
			s.Name, s.Namespace, cluster, s.FormatVersion, members(s.clean))
	}
	f.Resource = sdk.Resource{Cluster: cluster, Namespace: s.Namespace, Index: s.Name}
	f = f.Because("formatVersion", s.FormatVersion)
	for key, hosts := range map[string][]string{"oldOn": s.old, "notValidatedOn": s.unproven, "cleanOn": s.clean} {
		if len(hosts) > 0 {
			f = f.Because(key, hosts)
		}
	}
	if s.CollectionUUID != "" {
		f = f.Because("collectionUuid", s.CollectionUUID)
	}
	return f
}

// rest sums up the indexes that are not listed.
func rest(list []*suspect, cluster string, t sdk.Trigger) sdk.Finding {
	refusing := 0
	for _, s := range list {
		if s.rank() < 2 {
			refusing++
		}
	}
	f := sdk.Infof("UNIQUE_INDEXES_MORE", "%d more suspect unique indexes of %s validate clean", len(list), cluster)
	if refusing > 0 {
		f = sdk.Errorf("UNIQUE_INDEXES_MORE", "%d more unique indexes of %s are in the old format or not validated", refusing, cluster).
			Cure("%s", cure(cluster, t))
	}
	return f.On(cluster)
}

func members(hosts []string) string {
	if len(hosts) == 1 {
		return "member " + hosts[0]
	}
	return "members " + strings.Join(hosts, ", ")
}

// once joins texts and leaves out those that repeat; ten are enough to see what is wrong.
func once(texts []string) string {
	var kept []string
	for _, t := range texts {
		if !slices.Contains(kept, t) && len(kept) < 10 {
			kept = append(kept, t)
		}
	}
	return strings.Join(kept, "; ")
}

// cure depends on the moment. Before the commit the indexes can be made anew on the primary, which cleans every member
// at once. Afterwards that would be a write to the old source, which closes the way back for good; an initial sync of a
// member is none.
func cure(cluster string, t sdk.Trigger) string {
	if t == sdk.TriggerReverse {
		return "resync the members of " + cluster + " one after another: an initial sync makes all indexes anew. Don't drop or create an index there by hand: that is a write to the old source, which closes the way back"
	}
	return "make the indexes anew before the commit: revsync repair unique-indexes --cluster " + cluster +
		" shows which, and with --yes carries it out"
}
