package examples

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// door is a core.Gate whose modules change while the engine runs.
type door struct{ now atomic.Pointer[core.Gate] }

func (d *door) set(g core.Gate) { d.now.Store(&g) }

// Review asks the gate of the moment.
func (d *door) Review(ctx context.Context, host core.Commander, req sdk.Request) (sdk.Report, error) {
	return (*d.now.Load()).Review(ctx, host, req)
}

// committed is an engine between two replica sets that waits for its reverse, in the hands of the gate.
func committed(t *testing.T) (*core.Syncer, *door) {
	t.Helper()
	a, b := mongotest.Pair(t, mongotest.Options{})
	_, err := a.Client(t, mongotest.App).Database("shop").Collection("orders").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
	require.NoError(t, err)
	gate := &door{}
	gate.set(plugins.NewRunner().Bind(guest.Hosts{})) // nothing to ask yet
	engine, err := core.New(core.Options{Cluster0: a.URI(mongotest.Sync), Cluster1: b.URI(mongotest.Sync), Gate: gate})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	reaches(t, engine, "a connection", func(p core.Progress) bool { return p.State == lifecycle.Idle })
	require.NoError(t, engine.Start(t.Context(), core.StartOptions{Options: lifecycle.Options{Reversible: true},
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}}))
	reaches(t, engine, "canCommit", func(p core.Progress) bool { return p.CanCommit })
	require.NoError(t, engine.Commit(t.Context()))
	reaches(t, engine, "COMMITTED", func(p core.Progress) bool { return p.State == lifecycle.Committed })
	return engine, gate
}

func reaches(t *testing.T, engine *core.Syncer, what string, ok func(core.Progress) bool) {
	t.Helper()
	require.Eventually(t, func() bool { return ok(engine.Progress()) }, time.Minute, 10*time.Millisecond, what)
}
