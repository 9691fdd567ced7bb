// Package reversible has what the tests of the examples have in common: an engine that keeps two real replica sets in step.
package reversible

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
)

// Engine runs until the test ends. Cluster0 and Cluster1 are its two sides.
type Engine struct {
	*core.Syncer
	Cluster0, Cluster1 *mongotest.ReplicaSet
	t                  *testing.T
}

// Start begins a reversible sync from cluster0, which holds one document in shop.orders, to cluster1, in the hands of the
// gate, and returns when it can be committed.
func Start(t *testing.T, gate core.Gate) *Engine {
	t.Helper()
	a, b := mongotest.Pair(t, mongotest.Options{})
	_, err := a.Client(t, mongotest.App).Database("shop").Collection("orders").InsertOne(t.Context(), map[string]int{"_id": 1})
	require.NoError(t, err)
	syncer, err := core.New(core.Options{Cluster0: a.URI(mongotest.Sync), Cluster1: b.URI(mongotest.Sync), Gate: gate})
	require.NoError(t, err)
	e := &Engine{Syncer: syncer, Cluster0: a, Cluster1: b, t: t}
	e.run()
	e.Reaches("a connection", func(p core.Progress) bool { return p.State == lifecycle.Idle })
	require.NoError(t, e.Syncer.Start(t.Context(), core.StartOptions{Options: lifecycle.Options{Reversible: true},
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}}))
	e.Reaches("canCommit", func(p core.Progress) bool { return p.CanCommit })
	return e
}

func (e *Engine) run() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	e.t.Cleanup(func() {
		stop()
		require.NoError(e.t, <-ended)
	})
}

// Reaches waits until the progress is as it has to be.
func (e *Engine) Reaches(what string, ok func(core.Progress) bool) {
	e.t.Helper()
	require.Eventually(e.t, func() bool { return ok(e.Progress()) }, time.Minute, 10*time.Millisecond, what)
}

// Committed cuts over to cluster1.
func (e *Engine) Committed() {
	e.t.Helper()
	require.NoError(e.t, e.Commit(e.t.Context()))
	e.Reaches("COMMITTED", func(p core.Progress) bool { return p.State == lifecycle.Committed })
}

// Reversed waits until the sync runs in the other direction.
func (e *Engine) Reversed() {
	e.t.Helper()
	e.Reaches("the reversed sync to run", func(p core.Progress) bool { return p.State == lifecycle.Running && p.Epoch == 1 })
}
