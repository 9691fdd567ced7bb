package core

import (
	"context"
	"slices"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// Preflight is the dry run of a command: the guards, the checks, and the steps
// that would be taken. It changes nothing and works in any connected state.
// accept names findings as for the command itself; nothing is kept of them.
func (s *Syncer) Preflight(ctx context.Context, trigger sdk.Trigger, accept ...string) (Preflight, error) {
	const op = "preflight"
	if err := acceptable(op, accept); err != nil {
		return Preflight{}, err
	}
	g := s.view.look()
	if g.state() == lifecycle.Initializing {
		return Preflight{}, refuse(op, Starting, "%w", errNotConnected)
	}
	if !slices.Contains(sdk.Triggers, trigger) {
		return Preflight{}, refuse(op, InvalidRequest, "the trigger is %q; use \"start\", \"commit\" or \"reverse\"", trigger)
	}
	p := Preflight{Trigger: trigger, Steps: stepsOf(trigger), Refusal: s.refusal(g, trigger)}
	o := s.dryRunOptions()
	o.Accept = accept
	report, err := s.judge(ctx, trigger, o, question{dryRun: true})
	if err != nil {
		return Preflight{}, &Error{Op: op, Code: Internal, Err: err}
	}
	p.Report = report
	return p, nil
}

func stepsOf(t sdk.Trigger) []lifecycle.Step {
	switch t {
	case sdk.TriggerCommit:
		return lifecycle.CommitPlan.Steps
	case sdk.TriggerReverse:
		return lifecycle.ReversePlan.Steps
	}
	return []lifecycle.Step{}
}

// refusal is what the engine itself would refuse the command with, before any check.
func (s *Syncer) refusal(g glimpse, t sdk.Trigger) string {
	_, err := lifecycle.Next(g.state(), lifecycle.Trigger(t))
	switch {
	case err != nil:
		return err.Error()
	case t == sdk.TriggerCommit:
		return s.Progress().CannotReason
	case t == sdk.TriggerReverse && !g.record.Options.Reversible:
		return "this sync was not started with reversible: true"
	}
	return ""
}

// Evaluate asks one check for its opinion about a command, named as
// "module/component", as a dry run: nothing is changed, and a hook is not called.
// It works in any connected state and refuses a component that takes no part in
// the command.
func (s *Syncer) Evaluate(ctx context.Context, trigger sdk.Trigger, component string) (sdk.Result, error) {
	const op = "evaluate"
	if s.view.look().state() == lifecycle.Initializing {
		return sdk.Result{}, refuse(op, Starting, "%w", errNotConnected)
	}
	report, err := s.judge(ctx, trigger, s.dryRunOptions(), question{dryRun: true, only: component})
	switch {
	case err != nil:
		return sdk.Result{}, &Error{Op: op, Code: Internal, Err: err}
	case len(report.Results) == 0:
		return sdk.Result{}, refuse(op, InvalidRequest, "%s takes no part before a %s", component, trigger)
	}
	return report.Results[0], nil
}

// dryRunOptions are the sync's, or those that a start has by default.
func (s *Syncer) dryRunOptions() StartOptions {
	g := s.view.look() // once: the sync may be lost at any time
	if g.tenure == nil {
		return defaultStart()
	}
	return StartOptions{Mapping: g.record.Mapping, Options: g.record.Options}
}

// defaultStart is what a dry run of start is judged with: nothing was asked yet.
func defaultStart() StartOptions {
	return StartOptions{Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1},
		Options: lifecycle.Options{Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.AfterDataCopy}}
}
