package author

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// zipping is a plugin that reads two collections side by side and leaves them before their end.
func zipping() *Plugin {
	check := sdk.Check("zips", func(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		var text strings.Builder
		for a, err := range sdk.Find(ctx, h, sdk.FindRequest{Cluster: sdk.RoleSource, Database: "app", Collection: "a"}) {
			if err != nil {
				return nil, err
			}
			for b, err := range sdk.Aggregate(ctx, h, sdk.AggregateRequest{Cluster: sdk.RoleSource, Database: "app", Collection: "b", Pipeline: json.RawMessage(`[]`)}) {
				if err != nil {
					return nil, err
				}
				if fmt.Fprintf(&text, "%s%s", a, b); text.Len() > 60 {
					return []sdk.Finding{sdk.Infof("READ", "%s", text.String())}, nil
				}
			}
		}
		return nil, nil
	}).Reads(sdk.RoleSource, sdk.OpFind, "app").Reads(sdk.RoleSource, sdk.OpAggregate, "app.b")
	module := plugins.Native(sdk.Module{Name: "acme.zips", Version: "1", Parts: []sdk.Part{check}})
	descriptor, _ := module.Describe(context.Background())
	return &Plugin{Module: module, Descriptor: descriptor}
}

// The handles in a transcript are those of every evaluation that asks the same: they count from 1.
func TestReplayOfCursors(t *testing.T) {
	server := func(first int) guest.Commander { // every batch is the next number, every cursor has two
		n := first
		return guest.CommanderFunc(func(_ context.Context, _, _ string, cmd json.RawMessage) (json.RawMessage, error) {
			n++
			open, name := n, "firstBatch"
			if strings.HasPrefix(string(cmd), `{"getMore"`) {
				open, name = 0, "nextBatch"
			}
			return json.RawMessage(fmt.Sprintf(`{"cursor":{"id":{"$numberLong":"%d"},"ns":"app.x","%s":[{"n":%d,"pwd":"tops3cret"}]}}`, open, name, n)), nil
		})
	}
	p := zipping()
	recorded, report, err := p.Record(t.Context(), sdk.Request{}, server(1000))
	require.NoError(t, err)
	require.Empty(t, report.Results[0].Denied)
	require.Len(t, recorded.Findings, 1)
	doc, err := recorded.Encode()
	require.NoError(t, err)
	require.NotContains(t, string(doc), "tops3cret")
	require.Contains(t, string(doc), "cursor.close")
	var read Transcript
	require.NoError(t, json.Unmarshal(doc, &read))
	require.NoError(t, p.Replay(t.Context(), &read))
	again, _, err := p.Record(t.Context(), sdk.Request{}, server(2000))
	require.NoError(t, err)
	for i, c := range again.Calls {
		require.Equal(t, string(recorded.Calls[i].Request), string(c.Request), "the server's own numbers do not show")
	}
}
