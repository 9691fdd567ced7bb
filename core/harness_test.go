package core_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/judge"
)

// pair is two real clusters and an engine between them.
type pair struct {
	t        *testing.T
	clusters map[lifecycle.ClusterID]*mongotest.ReplicaSet
	engine   *core.Syncer
	options  core.Options
	stop     context.CancelFunc
	ended    chan error
}

// newPair starts two clusters and an engine; everything ends with the test.
func newPair(t *testing.T, o mongotest.Options, change ...func(*core.Options)) *pair {
	a, b := mongotest.Pair(t, o)
	p := &pair{t: t, clusters: map[lifecycle.ClusterID]*mongotest.ReplicaSet{lifecycle.Cluster0: a, lifecycle.Cluster1: b}}
	p.options = core.Options{Cluster0: a.URI(engineUser(o)), Cluster1: b.URI(engineUser(o))}
	if os.Getenv("REVSYNC_TEST_LOG") != "" {
		p.options.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	for _, c := range change {
		c(&p.options)
	}
	p.begin()
	t.Cleanup(func() {
		if p.stop != nil {
			p.end()
		}
	})
	return p
}

// begin starts an engine on the pair, as a process that was started again would.
func (p *pair) begin() {
	engine, err := core.New(p.options)
	require.NoError(p.t, err)
	ctx, stop := context.WithCancel(context.Background())
	p.engine, p.stop, p.ended = engine, stop, make(chan error, 1)
	go func() { p.ended <- engine.Run(ctx) }()
	p.until("the engine to connect", func(g core.Progress) bool { return g.State != lifecycle.Initializing })
}

// end stops the engine the clean way.
func (p *pair) end() {
	p.stop()
	p.stop = nil
	select {
	case err := <-p.ended:
		require.NoError(p.t, err)
	case <-time.After(20 * time.Second):
		p.t.Fatal("the engine did not stop within 20 s")
	}
}

// until waits for a condition of progress; it fails at once when the engine ends.
func (p *pair) until(what string, ok func(core.Progress) bool) core.Progress {
	p.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	over := time.After(60 * time.Second)
	for {
		g := p.engine.Progress()
		if ok(g) {
			return g
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			p.t.Fatalf("waiting for %s: the engine ended: %v", what, err)
		case <-over:
			p.t.Fatalf("waiting for %s: still %+v (last error %+v)", what, g, g.LastError)
		case <-tick.C:
		}
	}
}

func (p *pair) state(want lifecycle.State) core.Progress {
	p.t.Helper()
	return p.until(string(want), func(g core.Progress) bool { return g.State == want })
}

func (p *pair) client(id lifecycle.ClusterID, user mongotest.User) *mongo.Client {
	return p.clusters[id].Client(p.t, user)
}

func forward() core.StartOptions {
	return core.StartOptions{
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1},
		Options: lifecycle.Options{Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.AfterDataCopy},
	}
}

func (p *pair) start(o core.StartOptions) {
	p.t.Helper()
	require.NoError(p.t, p.engine.Start(p.t.Context(), o))
}

func (p *pair) commit() core.Progress {
	p.t.Helper()
	p.until("canCommit", func(g core.Progress) bool { return g.CanCommit })
	require.NoError(p.t, p.engine.Commit(p.t.Context()))
	return p.state(lifecycle.Committed)
}

func (p *pair) reverse() core.Progress {
	p.t.Helper()
	before := p.engine.Progress().Epoch
	require.NoError(p.t, p.engine.Reverse(p.t.Context()))
	return p.until("the reversed sync to run", func(g core.Progress) bool { return g.State == lifecycle.Running && g.Epoch == before+1 })
}

// equal compares both clusters by a scan that shares no code with the engine.
func (p *pair) equal() {
	p.t.Helper()
	diff, err := judge.Compare(p.t.Context(), p.client(lifecycle.Cluster0, mongotest.Root), p.client(lifecycle.Cluster1, mongotest.Root))
	require.NoError(p.t, err)
	require.NoError(p.t, diff.Err())
}

func engineUser(o mongotest.Options) mongotest.User {
	if o.NoAuth {
		return mongotest.Nobody
	}
	return mongotest.Sync
}
