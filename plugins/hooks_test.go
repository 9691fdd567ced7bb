package plugins

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// recording is a hook that writes down what it was called with.
func recording(ran *[]string, name string, err error, phases ...sdk.Phase) sdk.Part {
	return sdk.Hook(name, func(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
		*ran = append(*ran, name+" "+r.IdempotencyKey)
		return nil, err
	}, phases...)
}

// Each phase calls its hooks, once, with a key that says which sync, epoch and phase it is.
func TestHooksOfEveryPhase(t *testing.T) {
	var ran []string
	everywhere := []sdk.Phase{sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePostCommit, sdk.PhasePreReverse, sdk.PhasePostReverse}
	r := NewRunner(module("acme.m", recording(&ran, "h", nil, everywhere...)))
	for _, c := range []struct {
		trigger sdk.Trigger
		phase   sdk.Phase
		want    []string
	}{
		{sdk.TriggerStart, "", []string{"h s/2/preStart"}},
		{sdk.TriggerStart, sdk.PhasePreflight, nil},
		{sdk.TriggerCommit, sdk.TriggerCommit.Gate(), []string{"h s/2/preCommit"}},
		{sdk.TriggerCommit, sdk.TriggerCommit.Notice(), []string{"h s/2/postCommit"}},
		{sdk.TriggerReverse, sdk.TriggerReverse.Gate(), []string{"h s/2/preReverse"}},
		{sdk.TriggerReverse, sdk.TriggerReverse.Notice(), []string{"h s/2/postReverse"}},
	} {
		ran = nil
		report := reviewed(t, r, func(req *sdk.Request) { req.Trigger, req.Phase = c.trigger, c.phase })
		require.True(t, report.Eligible)
		require.Equal(t, c.want, ran, "%s %s", c.trigger, c.phase)
	}
	require.Empty(t, sdk.TriggerStart.Notice(), "there is nothing to tell after a start")
}

// After the fact a hook that undoes something must not wait for one that fails.
func TestEveryHookOfANoticeRuns(t *testing.T) {
	var ran []string
	broken := errors.New("pager is down")
	r := NewRunner(module("acme.m", recording(&ran, "pages", broken, sdk.PhasePostReverse), recording(&ran, "thaws", nil, sdk.PhasePostReverse),
		sdk.Check("c", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return nil, broken }, sdk.PhasePostReverse)))
	report := reviewed(t, r, func(req *sdk.Request) { req.Phase = sdk.PhasePostReverse })
	require.Equal(t, []string{"pages s/2/postReverse", "thaws s/2/postReverse"}, ran)
	require.Equal(t, sdk.OutcomeFailed, report.Results[0].Outcome)
	require.Equal(t, sdk.OutcomePassed, report.Results[1].Outcome)
}

// The operator's order counts, not the author's.
func TestHooksRunInTheOrderOfTheManifest(t *testing.T) {
	var ran []string
	m := Manifest{Name: "acme.m", Components: []ManifestComponent{{Name: "b"}, {Name: "a"}}}
	parts := module("acme.m", recording(&ran, "a", nil, sdk.PhasePreReverse), recording(&ran, "b", nil, sdk.PhasePreReverse))
	require.True(t, reviewed(t, NewRunner(fakeModule{Module: parts, manifest: &m})).Eligible)
	require.Equal(t, []string{"b s/2/preReverse", "a s/2/preReverse"}, ran)
}

// Two reviews at once never have two hooks at once, and one that cannot get its turn fails without a call.
func TestHooksOfTwoReviewsDoNotMeet(t *testing.T) {
	var now, calls atomic.Int32
	inside, leave := make(chan struct{}), make(chan struct{})
	hook := sdk.Hook("h", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
		calls.Add(1)
		if now.Add(1) > 1 {
			return nil, errors.New("another one is inside")
		}
		defer now.Add(-1)
		close(inside)
		<-leave
		return nil, nil
	}, sdk.PhasePreReverse)
	r := NewRunner(module("acme.m", hook))
	first := make(chan error, 1)
	go func() {
		report, err := r.Review(context.WithoutCancel(t.Context()), sdk.Request{Trigger: sdk.TriggerReverse}, nil)
		if err == nil && !report.Eligible {
			err = fmt.Errorf("%+v", report.Results)
		}
		first <- err
	}()
	<-inside
	second := Options{Limits: Limits{Review: 100 * time.Millisecond}}.NewRunner(module("acme.m", hook))
	second.stage = r.stage
	report := reviewed(t, second)
	require.False(t, report.Eligible)
	require.Contains(t, one(t, report).Findings[0].Message, "it was not called")
	close(leave)
	require.NoError(t, <-first)
	require.Equal(t, int32(1), calls.Load())
}
