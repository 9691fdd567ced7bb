package core_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// reviews lists what a side says about who judged the sync.
func (p *pair) reviews(id lifecycle.ClusterID) []meta.Review {
	p.t.Helper()
	var kept struct{ Reviews []meta.Review }
	coll := p.client(id, mongotest.Root).Database("revsync_internal").Collection("reviews")
	require.NoError(p.t, coll.FindOne(p.t.Context(), bson.D{}).Decode(&kept))
	return kept.Reviews
}

// digested is a module as if it came from a file.
type digested struct{ plugins.Module }

func (digested) Digest() string { return "d1ge57" }

// TestReviewsAreKept: who judged a command, with which bytes, and what it tried
// without a right to it, is kept, for a refusal too, and stays there when
// the direction is reversed. What is being asked is seen in progress.
func TestReviewsAreKept(t *testing.T) {
	var refuses, holds atomic.Bool
	inside, leave := make(chan struct{}), make(chan struct{})
	check := sdk.Check("nosy", func(ctx context.Context, host sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		_, err := host.Call(ctx, sdk.OpRunCommand, json.RawMessage(`{"cluster":"source","database":"admin","command":{"shutdown":1}}`))
		if sdk.StatusOf(err).Code != sdk.CodePermissionDenied {
			return nil, err
		}
		if holds.Load() {
			close(inside)
			<-leave
		}
		if refuses.Load() {
			return []sdk.Finding{sdk.Errorf("NOT_NOW", "not now")}, nil
		}
		return nil, nil
	}, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse)
	var hooks atomic.Int32
	hook := sdk.Hook("act", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
		hooks.Add(1)
		return nil, nil
	}, sdk.PhasePreStart)
	module := digested{plugins.Native(sdk.Module{Name: "acme.m", Version: "1.0.0", Parts: []sdk.Part{check, hook}})}
	gate := plugins.NewRunner(module).Bind(guest.Hosts{})
	p := newPair(t, mongotest.Options{}, func(o *core.Options) { o.Gate = gate })
	p.insert(lifecycle.Cluster0, "c", 1)
	p.insert(lifecycle.Cluster1, "c", 1)
	require.Contains(t, codes(t, p.engine.Start(t.Context(), forward())), "DESTINATION_NOT_EMPTY")
	require.Zero(t, hooks.Load(), "a hook must not act for a command that a guard refuses")
	require.NoError(t, p.client(lifecycle.Cluster1, mongotest.Root).Database("d").Drop(t.Context()))
	p.start(forward())
	require.EqualValues(t, 1, hooks.Load())

	refuses.Store(true)
	p.until("a commit can begin", func(p core.Progress) bool { return p.CanCommit })
	require.Equal(t, []string{"NOT_NOW"}, codes(t, p.engine.Commit(t.Context())))
	require.Equal(t, lifecycle.Running, p.engine.Progress().State)
	refuses.Store(false)
	p.commit()
	p.reverse()
	kept := p.reviews(lifecycle.Cluster0)
	type short struct {
		request  lifecycle.Trigger
		eligible bool
	}
	var got []short
	for _, r := range kept {
		got = append(got, short{r.Request, r.Eligible})
		require.WithinDuration(t, time.Now(), r.At, 2*time.Minute)
		require.Len(t, r.FactsDigest, 64)
		require.Zero(t, r.Epoch)
		require.Equal(t, "revsync.engine", r.Parts[0].Module)
		require.Equal(t, meta.ReviewedPart{Module: "acme.m", Version: "1.0.0", Digest: "d1ge57", Component: "nosy",
			Outcome: map[bool]string{true: "passed", false: "refused"}[r.Eligible]}, r.Parts[1])
		require.Len(t, r.Denied, 1)
		require.Equal(t, "shutdown", r.Denied[0].Command)
		require.Equal(t, "nosy", r.Denied[0].Component)
		require.NotEmpty(t, r.Denied[0].Reason)
	}
	require.Equal(t, []short{{lifecycle.Start, true}, {lifecycle.Commit, false}, {lifecycle.Commit, true}, {lifecycle.Reverse, true}}, got)

	holds.Store(true)
	answer := make(chan error, 1)
	go func() {
		r, err := p.engine.Evaluate(context.WithoutCancel(t.Context()), sdk.TriggerReverse, "acme.m/nosy")
		if err == nil && r.Outcome != sdk.OutcomePassed {
			err = core.ValidateAccept([]string{string(r.Outcome)})
		}
		answer <- err
	}()
	<-inside
	now := p.engine.Progress().Checking
	require.Len(t, now, 1)
	require.WithinDuration(t, time.Now(), now[0].Since, 10*time.Second)
	now[0].Since = time.Time{}
	require.Equal(t, sdk.Running{Module: "acme.m", Component: "nosy", Kind: sdk.KindCheck, Phase: sdk.PhasePreflight}, now[0])
	close(leave)
	require.NoError(t, <-answer)
	require.Empty(t, p.engine.Progress().Checking)
	require.Len(t, p.reviews(lifecycle.Cluster0), 4, "a dry run leaves nothing behind")
	_, err := p.engine.Evaluate(t.Context(), sdk.TriggerReverse, "acme.m/act")
	require.Equal(t, core.InvalidRequest, core.CodeOf(err), "it takes no part in a reverse")
	p.end()
}
