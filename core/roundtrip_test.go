package core_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// TestRoundTrips is three full ways there and back under load: a mixed workload
// of plain users writes to whichever side is open, and at each COMMITTED both
// sides are equal by an outside scan and hold every acknowledged write.
func TestRoundTrips(t *testing.T) {
	const roundTrips = 3
	p := newPair(t, mongotest.Options{})
	root := p.client(lifecycle.Cluster0, mongotest.Root)
	require.NoError(t, workload.Load(t.Context(), root, 1))
	run, err := workload.Start(t.Context(), workload.Options{
		Client: p.client(lifecycle.Cluster0, mongotest.App), DDLClient: p.client(lifecycle.Cluster0, mongotest.DDL), Seed: 1})
	require.NoError(t, err)
	defer run.Stop()
	closed := p.watchOpenSides()

	p.start(forward())
	for leg := range 2 * roundTrips {
		t.Logf("leg %d: %s", leg, p.engine.Progress().Mapping)
		p.busy(run)
		committed := p.commit()
		require.Equal(t, leg, committed.Epoch)
		p.waitClosed(run)
		p.equal()
		for _, id := range []lifecycle.ClusterID{lifecycle.Cluster0, lifecycle.Cluster1} {
			require.NoError(t, run.Verify(t.Context(), p.client(id, mongotest.Root)), "every acknowledged write on %s", id)
		}
		open := committed.Mapping.Destination
		run.Switch(p.client(open, mongotest.App), p.client(open, mongotest.DDL))
		p.busy(run)
		if leg < 2*roundTrips-1 {
			p.reverse()
		}
	}
	closed()
	report := run.Stop()
	t.Log(report)
}

// busy lets every client of the workload get something done.
func (p *pair) busy(run *workload.Run) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 60*time.Second)
	defer cancel()
	require.NoError(p.t, run.WaitWrites(ctx, 5))
}

// waitClosed proves that the old source refuses every kind of client.
func (p *pair) waitClosed(run *workload.Run) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 60*time.Second)
	defer cancel()
	require.NoError(p.t, run.WaitClosed(ctx))
}

// watchOpenSides reads progress all the time and fails the test when it ever
// goes back or leaves the table's rows. The returned function ends the watch.
func (p *pair) watchOpenSides() (stop func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		last := p.engine.Progress()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := p.engine.Progress()
			if now.Epoch < last.Epoch {
				p.t.Errorf("the epoch fell from %d to %d", last.Epoch, now.Epoch)
			}
			if now.Epoch == last.Epoch && now.LastApplied.Before(last.LastApplied) {
				p.t.Errorf("the low watermark fell from %s to %s", last.LastApplied, now.LastApplied)
			}
			if now.CanWrite && now.State == lifecycle.Running {
				p.t.Errorf("the destination is said to be open while it is written by the engine")
			}
			last = now
		}
	})
	return func() { cancel(); group.Wait() }
}
