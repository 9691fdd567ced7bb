package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/examples/internal/reversible"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
)

func TestOwnCheckConforms(t *testing.T) {
	conformance.Run(t, conformance.Subject{Open: func(testing.TB) plugins.Module { return own() }})
}

// TestOwnCheckJudgesTheReverse: beside the built-in checks, which pass, the program's own check refuses a reverse, by what
// a real cluster holds, and lets it pass when that is gone.
func TestOwnCheckJudgesTheReverse(t *testing.T) {
	engine := reversible.Start(t, gate(t.Context()))
	engine.Committed()

	freezes := engine.Cluster1.Client(t, mongotest.App).Database("operations").Collection("freezes")
	insert(t, freezes, 1, 1)
	err := engine.Reverse(t.Context())
	require.Equal(t, core.NotEligible, core.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "acme.freeze")
	require.ErrorContains(t, err, "operations.freezes on the destination holds 1 documents")
	require.Equal(t, lifecycle.Committed, engine.Progress().State)

	_, err = freezes.DeleteMany(t.Context(), bson.D{})
	require.NoError(t, err)
	require.NoError(t, engine.Reverse(t.Context()))
	engine.Reversed()
}
