package core_test

import (
	"context"
	"slices"
	"sync"
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

// calls are the idempotency keys that a hook was called with, without the sync's id.
type calls struct {
	mu   sync.Mutex
	keys []string
	ids  []string // of the sync, each once
}

func (c *calls) add(r *sdk.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Sync.ID != "" {
		c.keys = append(c.keys, r.IdempotencyKey[len(r.Sync.ID):])
		c.ids = slices.Compact(append(c.ids, r.Sync.ID))
	}
}

func (c *calls) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.keys)
}

// TestHooksOfACutover has a hook in every phase. It is called before and after each
// command, once. A hook that was cut off is called again, with the same key, by the
// next life of the process, and so is one whose start was refused by a later hook.
func TestHooksOfACutover(t *testing.T) {
	var seen calls
	stuck := make(chan struct{}, 1)
	hook := sdk.Hook("pager", func(ctx context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
		seen.add(r)
		if r.Phase == sdk.PhasePostCommit && len(stuck) > 0 {
			<-stuck
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		return nil, nil
	}, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePostCommit, sdk.PhasePreReverse, sdk.PhasePostReverse)
	refuse := true
	later := sdk.Hook("later", func(context.Context, sdk.Host, *sdk.Request) (found []sdk.Finding, _ error) {
		if refuse {
			found = append(found, sdk.Errorf("NOT_NOW", "not now"))
		}
		refuse = false
		return found, nil
	}, sdk.PhasePreStart)
	module := plugins.Native(sdk.Module{Name: "acme.hooks", Version: "1.0.0", Parts: []sdk.Part{hook, later}})
	gate := plugins.NewRunner(module).Bind(guest.Hosts{})
	p := newPair(t, mongotest.Options{}, func(o *core.Options) { o.Gate = gate })
	called := func(want ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return len(seen.all()) >= len(want) }, 10*time.Second, 10*time.Millisecond, "%v", seen.all())
		require.Equal(t, want, seen.all())
	}
	p.insert(lifecycle.Cluster0, "c", 1, 2, 3)
	require.Equal(t, core.NotEligible, core.CodeOf(p.engine.Start(t.Context(), forward())))
	p.start(forward())
	called("/0/preStart", "/0/preStart")
	stuck <- struct{}{}
	p.commit()
	called("/0/preStart", "/0/preStart", "/0/preCommit", "/0/postCommit")
	p.end()
	p.begin()
	p.state(lifecycle.Committed)
	called("/0/preStart", "/0/preStart", "/0/preCommit", "/0/postCommit", "/0/postCommit")
	p.reverse()
	called("/0/preStart", "/0/preStart", "/0/preCommit", "/0/postCommit", "/0/postCommit", "/0/preReverse", "/1/postReverse")
	record := p.client(lifecycle.Cluster0, mongotest.Root).Database("revsync_internal").Collection("record")
	require.Eventually(t, func() bool { // only then it is not done again
		n, err := record.CountDocuments(t.Context(), bson.D{{Key: "notice", Value: bson.D{{Key: "$exists", Value: false}}}})
		require.NoError(t, err)
		return n == 1
	}, 10*time.Second, 10*time.Millisecond)
	p.end()
	p.begin()
	p.commit()
	called("/0/preStart", "/0/preStart", "/0/preCommit", "/0/postCommit", "/0/postCommit", "/0/preReverse", "/1/postReverse", "/1/preCommit", "/1/postCommit")
	require.Len(t, seen.ids, 1, "the key is that of one sync from the first attempt to start it")
	p.equal()
}

// TestAReverseWaitsForTheHooksOfTheCommit: what they are doing is not cut off by the next command, after which nobody
// would call them again.
func TestAReverseWaitsForTheHooksOfTheCommit(t *testing.T) {
	var seen calls
	begun, cut := make(chan struct{}, 8), make(chan error, 8)
	hook := sdk.Hook("thaw", func(ctx context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
		seen.add(r)
		begun <- struct{}{}
		work := time.NewTimer(time.Second)
		defer work.Stop()
		select {
		case <-work.C:
			return nil, nil
		case <-ctx.Done():
			cut <- context.Cause(ctx)
			return nil, context.Cause(ctx)
		}
	}, sdk.PhasePostCommit)
	module := plugins.Native(sdk.Module{Name: "acme.hooks", Version: "1.0.0", Parts: []sdk.Part{hook}})
	p := newPair(t, mongotest.Options{}, func(o *core.Options) { o.Gate = plugins.NewRunner(module).Bind(guest.Hosts{}) })
	p.insert(lifecycle.Cluster0, "c", 1)
	p.start(forward())
	p.commit()
	<-begun
	p.reverse()
	require.Empty(t, cut)
	require.Equal(t, []string{"/0/postCommit"}, seen.all())
}
