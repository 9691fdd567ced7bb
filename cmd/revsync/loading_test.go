package main

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// Plugins that are still being loaded refuse every command, whatever they are to
// guard; who is to be told of a command afterwards is waited for.
func TestGateRefusesWhileItsPluginsAreBeingLoaded(t *testing.T) {
	dir, come := t.TempDir(), make(chan struct{})
	writePlugin(t, filepath.Join(dir, "slow"), "acme.slow")
	set := setOf(t, dir, func(ctx context.Context, m plugins.Manifest, _ []byte) (plugins.Module, error) {
		select {
		case <-come:
			return passing(m.Name), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
	set.patience = 10 * time.Millisecond
	runSet(t.Context(), t, set)
	for _, trigger := range sdk.Triggers {
		for _, phase := range []sdk.Phase{trigger.Gate(), sdk.PhasePreflight} {
			report, err := set.Review(t.Context(), nil, sdk.Request{Trigger: trigger, Phase: phase})
			require.NoError(t, err)
			require.False(t, report.Eligible, "%s %s", trigger, phase)
			require.Contains(t, report.Findings(sdk.SeverityError)[0].Message, errLoading.Error())
		}
	}
	report, err := set.Review(t.Context(), nil, sdk.Request{Trigger: sdk.TriggerReverse, Phase: sdk.PhasePreflight, Component: "acme.slow/c"})
	require.NoError(t, err)
	require.False(t, report.Eligible)
	require.Len(t, report.Results, 1)
	require.ErrorIs(t, set.Reload(t.Context()), errLoading)
	list := set.Plugins(t.Context())
	require.Equal(t, "acme.slow", list[len(list)-1].Name)
	require.Contains(t, *list[len(list)-1].Error, errLoading.Error())

	told := make(chan error, 1)
	go func() {
		_, err := set.Review(t.Context(), nil, sdk.Request{Trigger: sdk.TriggerReverse, Phase: sdk.PhasePostReverse})
		told <- err
	}()
	select {
	case err := <-told:
		require.Fail(t, "nobody is there to be told", err)
	case <-time.After(10 * set.patience):
	}
	close(come)
	require.NoError(t, <-told)
	report, err = set.Review(t.Context(), nil, sdk.Request{Trigger: sdk.TriggerReverse})
	require.NoError(t, err)
	require.True(t, report.Eligible, "%+v", report)
	require.Len(t, report.Results, 2)
	require.NoError(t, set.Reload(t.Context()))
}

// closing tells when it is closed.
type closing struct {
	plugins.Module
	closed *atomic.Int32
}

// Close implements plugins.Module.
func (c closing) Close(context.Context) error {
	c.closed.Add(1)
	return nil
}

// A server that ends while it loads closes what it has loaded, begins nothing more,
// and lets nobody through.
func TestGateEndsWhileItsPluginsAreBeingLoaded(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d"} { // two at a time
		writePlugin(t, filepath.Join(dir, name), "acme."+name)
	}
	var closed, begun atomic.Int32
	hang := make(chan struct{}, 2)
	set := setOf(t, dir, func(ctx context.Context, m plugins.Manifest, _ []byte) (plugins.Module, error) {
		begun.Add(1)
		if m.Name == "acme.a" {
			return closing{passing(m.Name), &closed}, nil
		}
		hang <- struct{}{}
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := runSet(ctx, t, set)
	<-hang
	<-hang
	told := make(chan error, 1)
	go func() {
		_, err := set.Review(ctx, nil, sdk.Request{Trigger: sdk.TriggerReverse, Phase: sdk.PhasePostReverse})
		told <- err
	}()
	stop()
	require.NoError(t, <-ended)
	require.ErrorIs(t, <-told, errLoading)
	require.EqualValues(t, 1, closed.Load())
	require.EqualValues(t, 3, begun.Load())
	require.ErrorIs(t, set.wait(ctx), errLoading)
}

// A folder that goes away before it is loaded ends the server; one that is not there
// or not guarded keeps it from beginning.
func TestGateWantsItsPluginFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plugins")
	require.NoError(t, os.Mkdir(dir, 0o755))
	set := setOf(t, dir, nil)
	require.NoError(t, os.Chmod(dir, 0o777)) //nolint:gosec // that is the point
	require.ErrorContains(t, set.begin(), "writable for everybody")
	require.ErrorContains(t, set.run(t.Context()), "writable for everybody")
	require.NoError(t, os.Remove(dir))
	require.ErrorContains(t, set.begin(), dir)
	require.NoError(t, set.close())
}
