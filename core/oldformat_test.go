package core_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/oldformat"
	"github.com/revsync/revsync/sdk"
)

// veteranPair is a pair whose cluster0 has unique indexes of MongoDB 4.0.
func veteranPair(t *testing.T, change func(*core.Options)) *pair {
	var group errgroup.Group
	sets := map[lifecycle.ClusterID]*mongotest.ReplicaSet{}
	var a, b *mongotest.ReplicaSet
	group.Go(func() error { a = oldformat.New(t, mongotest.Options{Name: "rs-a"}); return nil })
	group.Go(func() error { b = mongotest.New(t, mongotest.Options{Name: "rs-b"}); return nil })
	require.NoError(t, group.Wait())
	sets[lifecycle.Cluster0], sets[lifecycle.Cluster1] = a, b
	p := &pair{t: t, clusters: sets, options: core.Options{Cluster0: a.URI(mongotest.Sync), Cluster1: b.URI(mongotest.Sync)}}
	change(&p.options)
	p.begin()
	t.Cleanup(func() {
		if p.stop != nil {
			p.end()
		}
	})
	return p
}

// formats are the versions of all keys' formats as the index tables have them
// now: 8 for one that was sent forceNonUnique.
func (p *pair) formats(id lifecycle.ClusterID) map[string]int64 {
	p.t.Helper()
	out := map[string]int64{}
	for _, ix := range oldformat.Indexes {
		var stats bson.Raw
		require.NoError(p.t, p.client(id, mongotest.Root).Database(oldformat.DB).RunCommand(p.t.Context(), bson.D{{Key: "collStats", Value: ix.Collection}}).Decode(&stats))
		out[ix.Collection+"."+ix.Name] = stats.Lookup("indexDetails", ix.Name, "metadata", "formatVersion").AsInt64()
	}
	return out
}

// TestOldIndexesRefuseTheReverse: without any module loaded, the engine does not
// reverse onto indexes that it would damage; with them, each is named, and so it
// is before the start and the commit.
func TestOldIndexesRefuseTheReverse(t *testing.T) {
	p := veteranPair(t, func(o *core.Options) { o.Gate = nil })
	before := p.formats(lifecycle.Cluster0)
	p.start(forward())
	p.commit()
	err := p.engine.Reverse(t.Context())
	require.Equal(t, []string{"UNIQUE_INDEX_OLD_FORMAT"}, codes(t, err))
	for _, ix := range oldformat.Old() {
		require.ErrorContains(t, err, fmt.Sprintf("%s.%s: %s on member", oldformat.DB, ix.Collection, ix.Name))
	}
	require.NotContains(t, err.Error(), "rekeyed", "validate has cleared it")
	unchanged := func() {
		t.Helper()
		require.Equal(t, lifecycle.Committed, p.engine.Progress().State)
		require.Equal(t, before, p.formats(lifecycle.Cluster0))
		names, err := p.client(lifecycle.Cluster0, mongotest.Root).ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: mdb.MetadataDB}})
		require.NoError(t, err)
		require.Empty(t, names, "nothing was handed over")
	}
	unchanged()

	_, err = p.engine.RepairUniqueIndexes(t.Context(), core.RepairRequest{Cluster: lifecycle.Cluster0})
	require.Equal(t, core.IllegalState, core.CodeOf(err), "a write to the old source would close the way back")

	p.restart(func(o *core.Options) { o.Gate = loadGate(t, "") })
	p.state(lifecycle.Committed)
	err = p.engine.Reverse(t.Context())
	require.Contains(t, codes(t, err), "OLD_SOURCE_UNTOUCHED", "the proof is there, and does not help")
	for _, ix := range oldformat.Old() {
		require.ErrorContains(t, err, fmt.Sprintf("unique index %s of %s.%s on cluster0 has keys in the old format", ix.Name, oldformat.DB, ix.Collection))
	}
	unchanged()
}

// findingsOf are the codes of a dry run, with their severities.
func (p *pair) findingsOf(trigger sdk.Trigger) map[string]sdk.Severity {
	p.t.Helper()
	pre, err := p.engine.Preflight(p.t.Context(), trigger)
	require.NoError(p.t, err)
	out := map[string]sdk.Severity{}
	for _, f := range pre.Report.Findings() {
		out[f.Code] = f.Severity
		p.t.Logf("%s: %s %s: %s", trigger, f.Severity, f.Code, f.Message)
	}
	return out
}

// repair makes the old indexes of cluster0 anew and waits for the end.
func (p *pair) repair(req core.RepairRequest) core.Repair {
	p.t.Helper()
	plan, err := p.engine.RepairUniqueIndexes(p.t.Context(), req)
	require.NoError(p.t, err)
	require.True(p.t, plan.Running)
	var last core.Repair
	p.until("the repair to end", func(core.Progress) bool {
		last, _ = p.engine.Repairing()
		return !last.Running
	})
	require.Empty(p.t, last.Error)
	for _, ix := range last.Indexes {
		require.Equal(p.t, core.RepairDone, ix.State, "%s of %s: %s", ix.Name, ix.Namespace, ix.Error)
	}
	return last
}

// TestRepairOpensTheWayBack: while the sync runs and users write, the repair
// makes the old indexes anew without a moment in which they do not hold; after
// it the reverse passes.
func TestRepairOpensTheWayBack(t *testing.T) {
	p := veteranPair(t, func(o *core.Options) { o.Gate = loadGate(t, "") })
	require.Equal(t, sdk.SeverityWarning, p.findingsOf(sdk.TriggerStart)["WAY_BACK_CLOSED"])
	before := p.formats(lifecycle.Cluster0)
	p.start(forward())
	p.until("canCommit", func(g core.Progress) bool { return g.CanCommit })
	require.Equal(t, sdk.SeverityWarning, p.findingsOf(sdk.TriggerCommit)["UNIQUE_INDEX_OLD_FORMAT"])

	req := core.RepairRequest{Cluster: lifecycle.Cluster0, DryRun: true}
	plan, err := p.engine.RepairUniqueIndexes(t.Context(), req)
	require.NoError(t, err)
	require.False(t, plan.Running)
	require.Len(t, plan.Indexes, len(oldformat.Old()))
	for i, ix := range oldformat.Old() {
		require.Equal(t, oldformat.DB+"."+ix.Collection, plan.Indexes[i].Namespace)
		require.Contains(t, plan.Indexes[i].Reason, "one or more keys in the old format")
	}
	require.Contains(t, plan.InUse, "uniqueness stays enforced")
	require.Equal(t, before, p.formats(lifecycle.Cluster0), "a dry run changes nothing")
	req.DryRun = false
	_, err = p.engine.RepairUniqueIndexes(t.Context(), req)
	require.Equal(t, core.NotEligible, core.CodeOf(err), "not without the caller's word")
	require.ErrorContains(t, err, "whileInUse")
	_, err = p.engine.RepairUniqueIndexes(t.Context(), core.RepairRequest{Cluster: lifecycle.Cluster1})
	require.Equal(t, core.IllegalState, core.CodeOf(err), "the destination is the engine's")

	ctx, stop := context.WithCancel(t.Context())
	writing := make(chan error, 1)
	tries := make(chan int, 1)
	go func() { n, err := p.duplicates(ctx); tries <- n; writing <- err }()
	req.WhileInUse = true
	p.repair(req)
	stop()
	require.Greater(t, <-tries, 10)
	require.NoError(t, <-writing)
	again, err := p.engine.RepairUniqueIndexes(t.Context(), core.RepairRequest{Cluster: lifecycle.Cluster0, DryRun: true})
	require.NoError(t, err)
	require.Empty(t, again.Indexes)
	require.Empty(t, again.Error)

	p.until("canCommit", func(g core.Progress) bool { return g.CanCommit })
	found := p.findingsOf(sdk.TriggerCommit)
	require.Contains(t, found, "WAY_BACK_OPEN")
	require.NotContains(t, found, "WAY_BACK_CLOSED")
	p.commit()
	p.equal()
	p.reverse()
	p.commit()
	p.equal()
}

// duplicates tries again and again to insert a key that is there, until ctx
// ends; one that is accepted is an error.
func (p *pair) duplicates(ctx context.Context) (tries int, err error) {
	coll := p.client(lifecycle.Cluster0, mongotest.App).Database(oldformat.DB).Collection("single")
	for ctx.Err() == nil {
		_, err := coll.InsertOne(ctx, bson.D{{Key: "a", Value: 5}})
		switch {
		case ctx.Err() != nil:
		case err == nil:
			return tries, fmt.Errorf("duplicate accepted after %d tries", tries)
		case !strings.Contains(err.Error(), "E11000"):
			return tries, err
		}
		tries++
	}
	return tries, nil
}
