package permissions

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	compare "github.com/revsync/revsync/core/mongotest/judge"
	"github.com/revsync/revsync/sdk"
)

// What the check asks for is enough for the engine: users with the minimum carry a sync from the start over two
// reversals.
func TestMinimumPrivilegesCarryASync(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{})
	for _, rs := range []*mongotest.ReplicaSet{a, b} {
		s := &server{t: t, life: t, rs: rs, root: rs.Client(t, mongotest.Root)}
		s.run(bson.D{{Key: "createRole", Value: "minimum"}, {Key: "privileges", Value: bson.A{}}, {Key: "roles", Value: bson.A{}}})
		s.setRole("minimum", append(reverseNeeds(sdk.RoleDestination, false), validate))
		require.NoError(t, rs.AddUser(t.Context(), "engine", "minimum"))
	}
	shop := a.Client(t, mongotest.Root).Database("shop")
	_, err := shop.Collection("users").InsertMany(t.Context(), []any{bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: 2}}})
	require.NoError(t, err)
	for _, cmd := range []bson.D{
		{{Key: "createIndexes", Value: "users"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "a", Value: 1}}}, {Key: "name", Value: "u"}, {Key: "unique", Value: true}}}}},
		{{Key: "create", Value: "ring"}, {Key: "capped", Value: true}, {Key: "size", Value: 4096}},
	} {
		require.NoError(t, shop.RunCommand(t.Context(), cmd).Err())
	}
	e := startEngine(t, a.URI("engine"), b.URI("engine"))
	require.NoError(t, e.Start(t.Context(), core.StartOptions{
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}, Options: lifecycle.Options{Reversible: true}}))
	for epoch, users := range []*mongotest.ReplicaSet{b, a, b} { // where they write after each commit
		e.until("canCommit", func(p core.Progress) bool { return p.CanCommit })
		require.NoError(t, e.Commit(t.Context()))
		e.until("COMMITTED", func(p core.Progress) bool { return p.State == lifecycle.Committed })
		_, err := users.Client(t, mongotest.App).Database("shop").Collection("users").InsertOne(t.Context(), bson.D{{Key: "a", Value: 100 + epoch}})
		require.NoError(t, err)
		if epoch < 2 {
			require.NoError(t, e.Reverse(t.Context()))
			e.until("the next epoch", func(p core.Progress) bool { return p.State == lifecycle.Running && p.Epoch == epoch+1 })
		}
	}
	// The last insert is on b alone.
	_, err = b.Client(t, mongotest.Root).Database("shop").Collection("users").DeleteOne(t.Context(), bson.D{{Key: "a", Value: 102}})
	require.NoError(t, err)
	diff, err := compare.Compare(t.Context(), a.Client(t, mongotest.Root), b.Client(t, mongotest.Root))
	require.NoError(t, err)
	require.NoError(t, diff.Err())
}

// engine runs for the time of a test.
type engine struct {
	*core.Syncer
	t *testing.T
}

func startEngine(t *testing.T, cluster0, cluster1 string) engine {
	t.Helper()
	s, err := core.New(core.Options{Cluster0: cluster0, Cluster1: cluster1})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })
	e := engine{s, t}
	e.until("the engine to connect", func(p core.Progress) bool { return p.State != lifecycle.Initializing })
	return e
}

func (e engine) until(what string, ok func(core.Progress) bool) {
	e.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	over := time.After(time.Minute)
	for !ok(e.Progress()) {
		select {
		case <-over:
			p := e.Progress()
			require.FailNow(e.t, "never came", "%s: %+v, last error %+v", what, p, p.LastError)
		case <-tick.C:
		}
	}
}
