package author

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// reading is a plugin that finds what the facts say.
func reading() *Plugin {
	check := sdk.Check("reads", func(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
		doc, err := json.Marshal(r.Facts)
		return []sdk.Finding{sdk.Infof("FACTS", "%s", doc)}, err
	}).Needs(sdk.FactVersions, sdk.FactUniqueIndexes, sdk.FactOptions)
	module := plugins.Native(sdk.Module{Name: "acme.reads", Version: "1", Parts: []sdk.Part{check}})
	descriptor, _ := module.Describe(context.Background())
	return &Plugin{Module: module, Descriptor: descriptor}
}

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestFactsOfTheRequestWin(t *testing.T) {
	req, err := ReadRequest([]byte(`{"facts":{"options":{"known":true,"reversible":true,"enableUserWriteBlocking":"none","buildIndexes":"never","filtered":false}}}`))
	require.NoError(t, err)
	families, err := reading().MissingFacts(req)
	require.NoError(t, err)
	require.Equal(t, []string{sdk.FactVersions, sdk.FactUniqueIndexes}, families)
	options := req.Facts.Options
	found := sdk.Facts{CollectedAt: at, Options: sdk.Options{Known: true, Filtered: true}}
	found.Versions.Source = sdk.Versions{Known: true, Version: "6.0.5"}
	found.Topology.Source.Known = true
	require.NoError(t, AddFacts(&req.Facts, found, families))
	require.Equal(t, options, req.Facts.Options)
	require.Equal(t, "6.0.5", req.Facts.Versions.Source.Version)
	require.Equal(t, at, req.Facts.CollectedAt)
	require.Equal(t, sdk.PerCluster[sdk.Topology]{}, req.Facts.Topology, "nobody asked for it")

	found.CollectedAt = at.Add(time.Hour)
	require.NoError(t, AddFacts(&req.Facts, found, families))
	require.Equal(t, at, req.Facts.CollectedAt, "the request says when")
	require.NoError(t, AddFacts(&req.Facts, sdk.Facts{}, nil))
	require.Equal(t, "6.0.5", req.Facts.Versions.Source.Version)
	_, err = reading().MissingFacts(sdk.Request{Component: "other"})
	require.ErrorContains(t, err, `no component "other"`)
}

// TestRecordedFactsHoldNoSecrets: and the component is told what is written down, in the order that a key of an index has.
func TestRecordedFactsHoldNoSecrets(t *testing.T) {
	var req sdk.Request
	req.Facts.CollectedAt = at
	req.Facts.Versions.Destination = sdk.Versions{Error: "connect to mongodb://me:k1@host/?x=y: timed out"}
	req.Facts.UniqueIndexes.Source = sdk.UniqueIndexes{Known: true, Members: []sdk.MemberIndexes{{Host: "h:1", Known: true, Checked: 1,
		Suspects: []sdk.UniqueIndex{{Namespace: "a.c", Name: "u", Key: json.RawMessage(`{"b":1,"a":1}`)}}}}}
	p := reading()
	recorded, _, err := p.Record(t.Context(), req, nil)
	require.NoError(t, err)
	doc, err := recorded.Encode()
	require.NoError(t, err)
	require.NotContains(t, string(doc), "k1")
	require.Contains(t, recorded.Findings[0].Message, "mongodb://***@host/?x=y")
	require.Contains(t, recorded.Findings[0].Message, `{"b":1,"a":1}`)
	var read Transcript
	require.NoError(t, json.Unmarshal(doc, &read))
	require.NoError(t, p.Replay(t.Context(), &read))
	read.Request.Facts.Versions.Destination.Error = "other"
	require.ErrorContains(t, p.Replay(t.Context(), &read), "it finds")
}
