package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
)

func TestOwnCheckConforms(t *testing.T) {
	conformance.Run(t, conformance.Subject{Open: func(testing.TB) plugins.Module { return own() }})
}

// TestOwnCheckJudgesTheReverse: beside the built-in checks, which pass, the program's own check refuses a reverse, by what
// a real cluster holds, and lets it pass when that is gone.
func TestOwnCheckJudgesTheReverse(t *testing.T) {
	a, b := mongotest.Pair(t, mongotest.Options{})
	insert(t, a.Client(t, mongotest.App).Database("shop").Collection("orders"), 1, 3)
	engine, err := core.New(core.Options{Cluster0: a.URI(mongotest.Sync), Cluster1: b.URI(mongotest.Sync), Gate: gate(t.Context())})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	reaches := func(what string, ok func(core.Progress) bool) {
		t.Helper()
		require.Eventually(t, func() bool { return ok(engine.Progress()) }, time.Minute, 10*time.Millisecond, what)
	}

	reaches("a connection", func(p core.Progress) bool { return p.State == lifecycle.Idle })
	require.NoError(t, engine.Start(t.Context(), core.StartOptions{Options: lifecycle.Options{Reversible: true},
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}}))
	reaches("canCommit", func(p core.Progress) bool { return p.CanCommit })
	require.NoError(t, engine.Commit(t.Context()))
	reaches("COMMITTED", func(p core.Progress) bool { return p.State == lifecycle.Committed })

	freezes := b.Client(t, mongotest.App).Database("operations").Collection("freezes")
	insert(t, freezes, 1, 1)
	err = engine.Reverse(t.Context())
	require.Equal(t, core.NotEligible, core.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "acme.freeze")
	require.ErrorContains(t, err, "operations.freezes on the destination holds 1 documents")
	require.Equal(t, lifecycle.Committed, engine.Progress().State)

	_, err = freezes.DeleteMany(t.Context(), bson.D{})
	require.NoError(t, err)
	require.NoError(t, engine.Reverse(t.Context()))
	reaches("the reversed sync to run", func(p core.Progress) bool { return p.State == lifecycle.Running && p.Epoch == 1 })
}
