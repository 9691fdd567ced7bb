package plugins

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// short are limits for tests of components that do not answer.
var short = Limits{Check: 50 * time.Millisecond, Grace: 50 * time.Millisecond, Review: 20 * time.Second}

func TestDeadline(t *testing.T) {
	waits := sdk.Check("waits", func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		<-ctx.Done()
		return nil, nil // an answer after the deadline does not count
	})
	limits := Limits{Check: 500 * time.Millisecond} // the quick one has to answer within it
	report := reviewed(t, Options{Limits: limits}.NewRunner(module("acme.m", waits, saying("quick"))))
	require.False(t, report.Eligible)
	require.Equal(t, sdk.OutcomeFailed, report.Results[0].Outcome)
	require.Contains(t, report.Results[0].Findings[0].Message, "no answer within 500ms")
	require.Equal(t, sdk.OutcomePassed, report.Results[1].Outcome, "others are not held up")
}

func TestComponentThatNeverReturns(t *testing.T) {
	release, calls := make(chan struct{}), make(chan struct{}, 10)
	stuck := sdk.Check("stuck", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
		calls <- struct{}{}
		<-release
		return nil, nil
	})
	r := Options{Limits: short}.NewRunner(module("acme.m", stuck))
	require.Contains(t, one(t, reviewed(t, r)).Findings[0].Message, "did not stop when it was told to")
	require.Contains(t, one(t, reviewed(t, r)).Findings[0].Message, "an earlier evaluation has not returned")
	require.Len(t, calls, 1, "it is not called again while it is stuck")

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, r.Close(ctx), "acme.m/stuck still runs")

	r = Options{Limits: short}.NewRunner(module("acme.m", stuck))
	reviewed(t, r)
	close(release)
	require.NoError(t, r.Close(t.Context()), "close waits for it")
}

func TestComponentIsUsedAgainOnceItHasReturned(t *testing.T) {
	release := make(chan struct{})
	slowOnce := sdk.Check("slow", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
		<-release
		return nil, nil
	})
	r := Options{Limits: short}.NewRunner(module("acme.m", slowOnce))
	require.False(t, reviewed(t, r).Eligible)
	close(release)
	require.Eventually(t, func() bool { return reviewed(t, r).Eligible }, 20*time.Second, 5*time.Millisecond)
}

func TestHostIsDeadAfterTheEvaluation(t *testing.T) {
	var kept sdk.Host
	keeps := sdk.Check("keeps", func(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		kept = h
		_, err := sdk.Now(ctx, h)
		return nil, err
	})
	require.True(t, reviewed(t, NewRunner(module("acme.m", keeps))).Eligible, "it works while it is valid")
	_, err := sdk.Now(t.Context(), kept)
	require.Equal(t, sdk.CodeFailedPrecondition, sdk.StatusOf(err).Code, "%v", err)
}

func TestCallerGoesAway(t *testing.T) {
	gone := errors.New("client has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	waits := sdk.Check("waits", func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		cancel(gone)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	_, err := NewRunner(module("acme.m", waits)).Review(ctx, sdk.Request{Trigger: sdk.TriggerReverse}, nil)
	require.ErrorIs(t, err, gone)
}

func TestWholeReviewHasADeadline(t *testing.T) {
	waits := func(name string) sdk.Part {
		return sdk.Check(name, func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		})
	}
	r := Options{Limits: Limits{Check: time.Minute, Review: 50 * time.Millisecond, Parallel: 1}}.NewRunner(
		module("acme.m", waits("a"), waits("b"), waits("c")))
	report := reviewed(t, r)
	require.False(t, report.Eligible)
	for _, x := range report.Results {
		require.Equal(t, sdk.OutcomeFailed, x.Outcome)
		require.Contains(t, x.Findings[0].Message, errReviewTime.Error())
	}
}

func TestTimeouts(t *testing.T) {
	l := Limits{}.orDefaults()
	check, hook := sdk.Component{Kind: sdk.KindCheck}, sdk.Component{Kind: sdk.KindHook}
	long := sdk.Component{Kind: sdk.KindCheck, Timeout: sdk.Duration(time.Hour)}
	require.Equal(t, 5*time.Second, l.timeout(check, ManifestComponent{}))
	require.Equal(t, 30*time.Second, l.timeout(hook, ManifestComponent{}))
	require.Equal(t, 60*time.Second, l.timeout(long, ManifestComponent{}))
	require.Equal(t, time.Second, l.timeout(check, ManifestComponent{Timeout: sdk.Duration(time.Second)}))
	require.Equal(t, 5*time.Second, l.timeout(check, ManifestComponent{Timeout: sdk.Duration(time.Minute)}), "a manifest only lowers")
}
