package core_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

// gate is a core.Gate that a test can turn.
type gate struct {
	judge atomic.Pointer[func(sdk.Request) (sdk.Report, error)]
	asked atomic.Int64
}

func (g *gate) Review(_ context.Context, _ core.Commander, r sdk.Request) (sdk.Report, error) {
	g.asked.Add(1)
	if judge := g.judge.Load(); judge != nil {
		return (*judge)(r)
	}
	return sdk.Report{Eligible: true}, nil
}

func (g *gate) set(judge func(sdk.Request) (sdk.Report, error)) { g.judge.Store(&judge) }
func (g *gate) open()                                           { g.judge.Store(nil) }

// codes are the finding codes of a NotEligible refusal.
func codes(t *testing.T, err error) []string {
	t.Helper()
	refusal, ok := errors.AsType[*core.Error](err)
	require.True(t, ok, "got %v", err)
	require.Equal(t, core.NotEligible, refusal.Code, "%v", err)
	var out []string
	for _, f := range refusal.Findings {
		out = append(out, f.Code)
	}
	return out
}

// TestRefusedReverse: whatever refuses a reverse, COMMITTED stays as it was, and
// once the reason is gone the reverse works.
func TestRefusedReverse(t *testing.T) {
	g := &gate{}
	p := newPair(t, mongotest.Options{}, func(o *core.Options) { o.Gate = g })
	root0, root1 := p.client(lifecycle.Cluster0, mongotest.Root), p.client(lifecycle.Cluster1, mongotest.Root)
	_, err := root0.Database("d").Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
	require.NoError(t, err)
	p.start(forward())
	p.commit()
	before := p.engine.Progress()
	unchanged := func(t *testing.T) {
		t.Helper()
		after := p.engine.Progress()
		require.Equal(t, lifecycle.Committed, after.State)
		require.Equal(t, before.Epoch, after.Epoch)
		require.Equal(t, before.Mapping, after.Mapping)
		require.Equal(t, before.ReversePoint, after.ReversePoint)
		require.True(t, after.CanWrite)
		refused(t, p.client(lifecycle.Cluster0, mongotest.App).Database("d").Collection("c"))
		names, err := root0.ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: mdb.MetadataDB}})
		require.NoError(t, err)
		require.Empty(t, names, "nothing was handed over")
	}

	t.Run("a finding", func(t *testing.T) {
		g.set(func(sdk.Request) (sdk.Report, error) {
			return sdk.Report{Results: []sdk.Result{{Module: "m", Component: "c", Findings: []sdk.Finding{sdk.Errorf("FREEZE", "a release freeze is on")}}}}, nil
		})
		err := p.engine.Reverse(t.Context())
		require.Contains(t, codes(t, err), "FREEZE")
		unchanged(t)
	})
	t.Run("checks that cannot be asked", func(t *testing.T) {
		g.set(func(sdk.Request) (sdk.Report, error) { return sdk.Report{}, errors.New("the sandbox is broken") })
		err := p.engine.Reverse(t.Context())
		require.Equal(t, core.NotEligible, core.CodeOf(err))
		require.ErrorContains(t, err, "the sandbox is broken")
		unchanged(t)
	})
	g.open()
	t.Run("the old source was opened", func(t *testing.T) {
		block := func(on bool) {
			require.NoError(t, root0.Database("admin").RunCommand(t.Context(), bson.D{{Key: "setUserWriteBlockMode", Value: 1}, {Key: "global", Value: on}}).Err())
		}
		block(false)
		require.Contains(t, codes(t, p.engine.Reverse(t.Context())), "OLD_SOURCE_NOT_UNTOUCHED")
		block(true)
		unchanged(t)
	})
	t.Run("preflight tells and changes nothing", func(t *testing.T) {
		asked := g.asked.Load()
		pre, err := p.engine.Preflight(t.Context(), sdk.TriggerReverse)
		require.NoError(t, err)
		require.True(t, pre.Report.Eligible, "%+v", pre.Report)
		require.Empty(t, pre.Refusal)
		require.Equal(t, lifecycle.ReversePlan.Steps, pre.Steps)
		require.Equal(t, asked+1, g.asked.Load())
		unchanged(t)
	})
	t.Run("the reason is gone", func(t *testing.T) {
		_, err := root1.Database("d").Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 2}})
		require.NoError(t, err)
		p.reverse()
		p.commit()
		p.equal()
	})
	t.Run("somebody wrote to the old source", func(t *testing.T) {
		_, err := root1.Database("d").Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "foreign"}}) // root passes the block
		require.NoError(t, err)
		err = p.engine.Reverse(t.Context())
		require.Contains(t, codes(t, err), "OLD_SOURCE_NOT_UNTOUCHED")
		require.ErrorContains(t, err, "insert")
		require.Equal(t, lifecycle.Committed, p.engine.Progress().State)
	})
}

// TestRefusedStart: a start that is refused leaves IDLE and the destination as
// they were.
func TestRefusedStart(t *testing.T) {
	g := &gate{}
	p := newPair(t, mongotest.Options{}, func(o *core.Options) { o.Gate = g })
	root0, root1 := p.client(lifecycle.Cluster0, mongotest.Root), p.client(lifecycle.Cluster1, mongotest.Root)
	untouched := func(t *testing.T) {
		t.Helper()
		require.Equal(t, lifecycle.Idle, p.engine.Progress().State)
		_, err := p.client(lifecycle.Cluster1, mongotest.App).Database("probe").Collection("c").InsertOne(t.Context(), bson.D{})
		require.NoError(t, err, "the destination is still open to users")
		require.NoError(t, root1.Database("probe").Drop(t.Context()))
		names, err := root1.ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: mdb.MetadataDB}})
		require.NoError(t, err)
		require.Empty(t, names)
	}
	invalid := map[string]func(*core.StartOptions){
		"reversible without blocking": func(o *core.StartOptions) { o.WriteBlocking = lifecycle.BlockDestinationOnly },
		"reversible without indexes":  func(o *core.StartOptions) { o.BuildIndexes = lifecycle.NeverBuild },
		"reversible with a filter":    func(o *core.StartOptions) { o.Include = []lifecycle.NSFilter{{Database: "a"}} },
		"source is destination":       func(o *core.StartOptions) { o.Mapping.Source = o.Mapping.Destination },
		"a pattern that cannot be": func(o *core.StartOptions) {
			o.Reversible = false
			o.Include = []lifecycle.NSFilter{{DatabaseRegex: &lifecycle.Pattern{Pattern: "("}}}
		},
		"a filter entry with two names": func(o *core.StartOptions) {
			o.Reversible = false
			o.Include = []lifecycle.NSFilter{{Database: "a", DatabaseRegex: &lifecycle.Pattern{Pattern: "a"}}}
		},
	}
	for name, damage := range invalid {
		t.Run(name, func(t *testing.T) {
			o := forward()
			damage(&o)
			require.Equal(t, core.InvalidRequest, core.CodeOf(p.engine.Start(t.Context(), o)))
			untouched(t)
		})
	}
	t.Run("the destination is not empty", func(t *testing.T) {
		_, err := root1.Database("theirs").Collection("c").InsertOne(t.Context(), bson.D{})
		require.NoError(t, err)
		err = p.engine.Start(t.Context(), forward())
		require.Contains(t, codes(t, err), "DESTINATION_NOT_EMPTY")
		require.ErrorContains(t, err, "theirs")
		require.NoError(t, root1.Database("theirs").Drop(t.Context()))
		untouched(t)
	})
	t.Run("a time series on the source", func(t *testing.T) {
		require.NoError(t, root0.Database("ts").RunCommand(t.Context(), bson.D{{Key: "create", Value: "temperatures"}, {Key: "timeseries", Value: bson.D{{Key: "timeField", Value: "t"}}}}).Err())
		err := p.engine.Start(t.Context(), forward())
		require.Contains(t, codes(t, err), "SOURCE_CANNOT_BE_COPIED")
		require.ErrorContains(t, err, "ts.temperatures")
		require.NoError(t, root0.Database("ts").Drop(t.Context()))
		untouched(t)
	})
	t.Run("a check refuses", func(t *testing.T) {
		g.set(func(sdk.Request) (sdk.Report, error) {
			return sdk.Report{Results: []sdk.Result{{Module: "m", Component: "c", Findings: []sdk.Finding{sdk.Errorf("NOT_TODAY", "no")}}}}, nil
		})
		require.Contains(t, codes(t, p.engine.Start(t.Context(), forward())), "NOT_TODAY")
		g.open()
		untouched(t)
	})
	t.Run("a start that was not reversible cannot be reversed", func(t *testing.T) {
		o := forward()
		o.Reversible, o.WriteBlocking = false, lifecycle.BlockDestinationOnly
		p.start(o)
		p.commit()
		require.Equal(t, core.NotReversible, core.CodeOf(p.engine.Reverse(t.Context())))
		require.Equal(t, lifecycle.Committed, p.engine.Progress().State)
	})
}

// TestWithoutAccessControl: where a write block would hold the engine itself
// back, start refuses and says what to do; without blocking it works.
func TestWithoutAccessControl(t *testing.T) {
	p := newPair(t, mongotest.Options{NoAuth: true}, func(o *core.Options) {})
	err := p.engine.Start(t.Context(), forward())
	require.Contains(t, codes(t, err), "ENGINE_WOULD_BE_BLOCKED")
	refusal, _ := errors.AsType[*core.Error](err)
	require.Contains(t, refusal.Findings[0].Remediation, "restore")
	require.Equal(t, lifecycle.Idle, p.engine.Progress().State)
	o := forward()
	o.Reversible, o.WriteBlocking = false, lifecycle.BlockNone
	p.start(o)
	p.commit()
}
