package lifecycle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

func running() lifecycle.Record {
	return lifecycle.Record{
		Format: lifecycle.RecordFormat, SyncID: "s", State: lifecycle.Running,
		Mapping:  lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1},
		Clusters: map[string]string{"cluster0": "a", "cluster1": "b"},
		Options:  lifecycle.Options{Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.AfterDataCopy},
	}
}

func TestRecordValidate(t *testing.T) {
	cases := map[string]func(*lifecycle.Record){
		"newer format":                func(r *lifecycle.Record) { r.Format++ },
		"no format":                   func(r *lifecycle.Record) { r.Format = 0 },
		"no sync id":                  func(r *lifecycle.Record) { r.SyncID = "" },
		"negative epoch":              func(r *lifecycle.Record) { r.Epoch = -1 },
		"one cluster only":            func(r *lifecycle.Record) { delete(r.Clusters, "cluster1") },
		"unknown state":               func(r *lifecycle.Record) { r.State = "FAILED" },
		"idle is never stored":        func(r *lifecycle.Record) { r.State = lifecycle.Idle },
		"a step outside a plan":       func(r *lifecycle.Record) { r.Step = 1 },
		"a step the plan has not":     func(r *lifecycle.Record) { r.State, r.Step = lifecycle.Committing, 99 },
		"undo after no return":        func(r *lifecycle.Record) { r.State, r.Step, r.Undo = lifecycle.Committing, 5, true },
		"committed without way back":  func(r *lifecycle.Record) { r.State = lifecycle.Committed },
		"source is destination":       func(r *lifecycle.Record) { r.Mapping.Source = r.Mapping.Destination },
		"reversible without blocking": func(r *lifecycle.Record) { r.Options.WriteBlocking = lifecycle.BlockNone },
		"unknown blocking":            func(r *lifecycle.Record) { r.Options.WriteBlocking = "some" },
		"unknown index moment":        func(r *lifecycle.Record) { r.Options.BuildIndexes = "later" },
	}
	good := running()
	require.NoError(t, good.Validate())
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			r := running()
			damage(&r)
			require.Error(t, r.Validate())
		})
	}
}

func TestNextJobIsDerived(t *testing.T) {
	r := running()
	steps := []struct {
		fact func(*lifecycle.CopyFacts)
		then lifecycle.Job
	}{
		{func(*lifecycle.CopyFacts) {}, lifecycle.JobSchema},
		{func(c *lifecycle.CopyFacts) { c.CollectionsCreated = true }, lifecycle.JobPartition},
		{func(c *lifecycle.CopyFacts) { c.Partitioned = true }, lifecycle.JobCopy},
		{func(c *lifecycle.CopyFacts) { c.DocumentsCopied = true }, lifecycle.JobCopy},
		{func(c *lifecycle.CopyFacts) { c.IndexesBuilt = true }, lifecycle.JobApply},
	}
	for _, s := range steps {
		s.fact(&r.Copy)
		require.Equal(t, s.then, r.NextJob())
	}
	for state, job := range map[lifecycle.State]lifecycle.Job{
		lifecycle.Paused: lifecycle.JobNone, lifecycle.Committed: lifecycle.JobNone,
		lifecycle.Committing: lifecycle.JobCommitPlan, lifecycle.Reversing: lifecycle.JobReversePlan,
	} {
		r.State = state
		require.Equal(t, job, r.NextJob(), state)
	}
}

// TestCanWrite: users may write to the destination from the step that opens it
// until the switch of a reverse, after which the destination is another one.
func TestCanWrite(t *testing.T) {
	r := running()
	require.False(t, r.CanWrite())
	r.State = lifecycle.Committing
	for r.Step = 0; r.Step <= len(lifecycle.CommitPlan.Steps); r.Step++ {
		require.Equal(t, r.Step > lifecycle.CommitPlan.NoReturn, r.CanWrite(), "commit step %d", r.Step)
	}
	require.Equal(t, lifecycle.StepOpenDestination, lifecycle.CommitPlan.Steps[lifecycle.CommitPlan.NoReturn])
	r.State, r.Step = lifecycle.Committed, 0
	require.True(t, r.CanWrite())
	r.State = lifecycle.Reversing
	for r.Step = 0; r.Step <= len(lifecycle.ReversePlan.Steps); r.Step++ {
		require.Equal(t, r.Step < lifecycle.ReversePlan.NoReturn, r.CanWrite(), "reverse step %d", r.Step)
	}
	require.Equal(t, lifecycle.StepSwitch, lifecycle.ReversePlan.Steps[lifecycle.ReversePlan.NoReturn-1])
}
