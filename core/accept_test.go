package core_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// kept lists what the stored record of a side says was accepted.
func (p *pair) kept(id lifecycle.ClusterID) (list []string) {
	p.t.Helper()
	var r lifecycle.Record
	coll := p.client(id, mongotest.Root).Database("revsync_internal").Collection("record")
	require.NoError(p.t, coll.FindOne(p.t.Context(), bson.D{}).Decode(&r))
	for _, a := range r.Accepted {
		require.False(p.t, a.At.IsZero())
		list = append(list, string(a.Request)+" "+a.Finding)
	}
	return list
}

// TestAcceptedFindingsAreKept: a finding that was named lets the one request
// through, is logged, and stays in the record across a restart and a reverse.
func TestAcceptedFindingsAreKept(t *testing.T) {
	check := sdk.Check("age", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
		return []sdk.Finding{sdk.Errorf("TOO_OLD", "it is too old")}, nil
	}, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse)
	gate := plugins.NewRunner(plugins.Native(sdk.Module{Name: "acme.m", Version: "1.0.0", Parts: []sdk.Part{check}})).Bind(guest.Hosts{})
	var log bytes.Buffer
	p := newPair(t, mongotest.Options{}, func(o *core.Options) {
		o.Gate, o.Logger = gate, slog.New(slog.NewTextHandler(&log, nil))
	})
	p.insert(lifecycle.Cluster0, "c", 1)
	const name = "acme.m/age/TOO_OLD"
	o := forward()
	require.Equal(t, []string{"TOO_OLD"}, codes(t, p.engine.Start(t.Context(), o)))
	o.Accept = []string{"revsync.engine/guards/DESTINATION_NOT_EMPTY"}
	require.Equal(t, core.InvalidRequest, core.CodeOf(p.engine.Start(t.Context(), o)))
	o.Accept = []string{name}
	p.start(o)
	require.Equal(t, []string{"start " + name}, p.kept(lifecycle.Cluster1))

	p.until("a commit can begin", func(p core.Progress) bool { return p.CanCommit })
	require.Equal(t, []string{"TOO_OLD"}, codes(t, p.engine.Commit(t.Context())), "it was accepted for the start only")
	require.NoError(t, p.engine.Commit(t.Context(), name))
	p.state(lifecycle.Committed)
	p.end()
	p.begin()
	p.state(lifecycle.Committed)
	pre, err := p.engine.Preflight(t.Context(), sdk.TriggerReverse, name)
	require.NoError(t, err)
	require.True(t, pre.Report.Eligible, "%+v", pre.Report.Findings())
	require.Len(t, p.kept(lifecycle.Cluster1), 2, "a dry run leaves nothing behind")

	require.NoError(t, p.engine.Reverse(t.Context(), name))
	p.state(lifecycle.Running)
	require.Equal(t, []string{"start " + name, "commit " + name, "reverse " + name}, p.kept(lifecycle.Cluster0))
	p.end()
	require.Equal(t, 3, bytes.Count(log.Bytes(), []byte("the operator has accepted a finding")))
}
