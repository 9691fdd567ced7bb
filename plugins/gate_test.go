package plugins

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// closable counts how often it was closed.
type closable struct {
	Module
	closed atomic.Int32
}

func (c *closable) Close(context.Context) error {
	c.closed.Add(1)
	return nil
}

// A review ends with the modules that it began with, and those are closed after it; the next one takes the new set.
// Hooks of the two never run side by side.
func TestReplaceWhileAReviewRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave, hooks := make(chan struct{}), make(chan string, 4)
		set := func(name string, slow bool) *closable {
			check := sdk.Check("c", func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) { return nil, nil })
			hook := sdk.Hook("h", func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
				if slow {
					<-leave
				}
				hooks <- name
				return nil, nil
			}, sdk.PhasePreReverse)
			return &closable{Module: module(name, check, hook)}
		}
		before, after := set("acme.before", true), set("acme.after", false)
		gate := NewRunner(before).Bind(guest.Hosts{})
		require.Empty(t, gate.Running())
		reviews := make(chan sdk.Report, 2)
		review := func() {
			report, err := gate.Review(t.Context(), nil, sdk.Request{Trigger: sdk.TriggerReverse})
			if err != nil {
				report.Results = []sdk.Result{{Outcome: sdk.OutcomeFailed, Module: err.Error()}}
			}
			reviews <- report
		}
		go review()
		synctest.Wait()
		time.Sleep(3 * time.Second)
		running := gate.Running()
		require.Len(t, running, 1)
		require.Equal(t, 3*time.Second, time.Since(running[0].Since))
		running[0].Since = time.Time{}
		require.Equal(t, sdk.Running{Module: "acme.before", Component: "h", Kind: sdk.KindHook, Phase: sdk.PhasePreReverse}, running[0])

		gate.Replace(NewRunner(after))
		gate.Use(func(r *Runner) { require.Equal(t, []Module{after}, r.Modules()) })
		go review()
		synctest.Wait()
		require.Empty(t, hooks, "the new set's hook waits for the old one's")
		require.Zero(t, before.closed.Load(), "it is still needed")
		close(leave)
		for _, name := range []string{"acme.before", "acme.after"} {
			require.Equal(t, name, <-hooks)
			report := <-reviews
			require.True(t, report.Eligible)
			require.Equal(t, name, report.Results[0].Module)
		}
		synctest.Wait()
		require.EqualValues(t, 1, before.closed.Load())
		require.Zero(t, after.closed.Load())
		require.Empty(t, gate.Running())
		require.NoError(t, gate.Close(t.Context()))
		require.EqualValues(t, 1, after.closed.Load())
	})
}

// A set that nobody uses is closed at once; closing the gate waits for sets in use, as long as it may.
func TestCloseAGateThatIsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		idle, busy, last := &closable{Module: module("acme.m")}, &closable{Module: module("acme.m")}, &closable{Module: module("acme.m")}
		gate := NewRunner(idle).Bind(guest.Hosts{})
		gate.Replace(NewRunner(busy))
		synctest.Wait()
		require.EqualValues(t, 1, idle.closed.Load())
		leave, left := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(left)
			gate.Use(func(*Runner) { <-leave })
		}()
		synctest.Wait()
		gate.Replace(NewRunner(last))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("no longer"))
		defer cancel()
		require.ErrorContains(t, gate.Close(ctx), "not closed yet: no longer")
		require.Zero(t, busy.closed.Load())
		close(leave)
		<-left
		require.NoError(t, gate.Close(t.Context()))
		require.EqualValues(t, 1, busy.closed.Load())
		late := &closable{Module: module("acme.m")}
		gate.Replace(NewRunner(late))
		require.EqualValues(t, 1, late.closed.Load(), "a reload that comes after the end leaves nothing running")
	})
}

func TestOneComponentIsAsked(t *testing.T) {
	refuses := func(name string, phases ...sdk.Phase) sdk.Part {
		return sdk.Check(name, func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
			return []sdk.Finding{sdk.Errorf("NO", "no")}, nil
		}, phases...)
	}
	m := module("acme.m", refuses("a", sdk.PhasePreReverse), refuses("b", sdk.PhasePreStart))
	broken := fakeModule{err: errors.New("it is broken"), manifest: &Manifest{Name: "acme.x", Components: []ManifestComponent{{Name: "a"}}}}
	r := Options{Required: []string{"acme.m/gone"}}.NewRunner(m, broken)
	ask := func(component string) []string {
		report, err := r.Review(t.Context(), sdk.Request{Trigger: sdk.TriggerReverse, Phase: sdk.PhasePreflight, Component: component}, nil)
		require.NoError(t, err)
		require.Equal(t, len(report.Results) == 0, report.Eligible)
		var got []string
		for _, result := range report.Results {
			got = append(got, result.Module+"/"+result.Component+" "+string(result.Outcome))
		}
		return got
	}
	require.Equal(t, []string{"acme.m/a refused"}, ask("acme.m/a"))
	require.Empty(t, ask("acme.m/b"), "it has no say in a reverse")
	require.Empty(t, ask("acme.m/no"))
	require.Equal(t, []string{"acme.x/a failed"}, ask("acme.x/a"))
	require.Equal(t, []string{"acme.m/gone failed"}, ask("acme.m/gone"))
	require.Len(t, ask(""), 3)
}
