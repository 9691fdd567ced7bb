package uniqueindex

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// A cluster that was upgraded from 4.0 can have thousands of old indexes; the answer must stay within the limits,
// list first what refuses, and not lose the count.
func TestThousandsOfOldIndexes(t *testing.T) {
	r := &sdk.Request{Trigger: sdk.TriggerReverse, Sync: sdk.Sync{Source: sdk.Cluster{Name: "cluster0"}}}
	r.Facts.Options.Known = true
	r.Facts.Topology.Source = sdk.Topology{Known: true, Members: []sdk.Member{{Host: "a:1"}, {Host: "a:2"}}}
	r.Facts.UniqueIndexes.Source.Known = true
	for _, host := range []string{"a:1", "a:2"} {
		m := sdk.MemberIndexes{Host: host, Known: true, Checked: 3000}
		for i := range 3000 {
			u := sdk.UniqueIndex{Namespace: fmt.Sprintf("shop.c%04d", i), Name: "u", FormatVersion: 8, Validated: true}
			if i >= 2900 {
				u.ValidateWarnings = []string{"Unique index u has one or more keys in the old format"}
			}
			m.Suspects = append(m.Suspects, u)
		}
		r.Facts.UniqueIndexes.Source.Members = append(r.Facts.UniqueIndexes.Source.Members, m)
	}
	list, err := judge(t.Context(), nil, r)
	require.NoError(t, err)
	require.Len(t, list, maxListed+1)
	require.NoError(t, (&sdk.Response{Findings: list}).Validate())
	for _, f := range list[:100] {
		require.Equal(t, "UNIQUE_INDEX_OLD_FORMAT", f.Code)
	}
	require.Equal(t, "UNIQUE_INDEX_VALIDATED", list[100].Code)
	require.Equal(t, sdk.SeverityInfo, list[maxListed].Severity)
	require.Contains(t, list[maxListed].Message, "2800 more")
	for i := range r.Facts.UniqueIndexes.Source.Members[0].Suspects {
		r.Facts.UniqueIndexes.Source.Members[0].Suspects[i].Validated = false
	}
	list, err = judge(t.Context(), nil, r)
	require.NoError(t, err)
	require.Equal(t, sdk.SeverityError, list[maxListed].Severity)
}
