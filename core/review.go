package core

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/sdk"
)

// guardModule is the name under which the engine's own guards appear in a
// report. They run whether or not there is a gate.
const guardModule = "revsync.engine"

// verdict is what a command that may go ahead leaves behind.
type verdict struct {
	accepted []lifecycle.Acceptance // what would have refused it, had the operator not accepted it
	review   meta.Review
}

// review judges a command for real and refuses it when anything speaks against
// it; the refusal carries every finding, and who made them is kept.
func (s *Syncer) review(ctx context.Context, op string, trigger sdk.Trigger, o StartOptions) (verdict, error) {
	if err := acceptable(op, o.Accept); err != nil {
		return verdict{}, err
	}
	report, err := s.judge(ctx, trigger, o, question{})
	if err != nil {
		return verdict{}, refuse(op, NotEligible, "the checks could not be run to their end, so that the sync is as it was, though hooks may have run: %w", err)
	}
	v := verdict{review: s.reviewOf(report)}
	if report.Eligible {
		v.accepted = s.accepted(lifecycle.Trigger(trigger), report)
		return v, nil
	}
	s.keepRefusal(ctx, v.review)
	return verdict{}, &Error{Op: op, Code: NotEligible, Err: against(report), Findings: report.Findings()}
}

func against(report sdk.Report) error {
	if n := len(report.Findings(sdk.SeverityError)); n != 1 {
		return fmt.Errorf("%d findings refuse it", n)
	}
	return errors.New("one finding refuses it")
}

// question is what a review is for, beside the command.
type question struct {
	dryRun bool
	only   string // "module/component": nothing else is asked, not even the guards
}

// judge collects the facts once and asks the guards and the gate about them.
func (s *Syncer) judge(ctx context.Context, trigger sdk.Trigger, o StartOptions, ask question) (sdk.Report, error) {
	from, to := s.ends(o.Mapping)
	id := rand.Text()
	known := s.gather(ctx, id, phase(trigger, ask.dryRun), s.factsFor(trigger, o))
	req := sdk.Request{APIVersion: sdk.APIVersion, EvaluationID: id, Trigger: trigger, Phase: phase(trigger, ask.dryRun),
		Component: ask.only, DryRun: ask.dryRun, Now: time.Now().UTC(), Sync: s.describe(o, known), Facts: known,
		Accept: o.Accept}
	if ask.only != "" {
		return s.askGate(ctx, req, from, to)
	}
	begin := time.Now()
	guards := s.guard(ctx, trigger, o, known)
	open := guards.Outcome == sdk.OutcomePassed
	req.DryRun = ask.dryRun || !open // what is refused anyway must not set hooks going
	report, err := s.askGate(ctx, req, from, to)
	report.Results = append([]sdk.Result{guards}, report.Results...)
	report.Eligible, report.DryRun = report.Eligible && open, ask.dryRun
	report.DurationMillis = time.Since(begin).Milliseconds()
	return report, err
}

// askGate is the gate's report, or one without results when there is no gate.
func (s *Syncer) askGate(ctx context.Context, req sdk.Request, from, to *mdb.Cluster) (sdk.Report, error) {
	if s.opts.Gate != nil {
		return s.opts.Gate.Review(ctx, NewCommander(from, to), req)
	}
	return sdk.Report{APIVersion: sdk.APIVersion, EvaluationID: req.EvaluationID, Trigger: req.Trigger, Phase: req.Phase,
		DryRun: req.DryRun, Eligible: true, StartedAt: time.Now().UTC()}, nil
}

// factsFor says what has to be known to judge the command.
func (s *Syncer) factsFor(trigger sdk.Trigger, o StartOptions) facts.Input {
	from, to := s.ends(o.Mapping)
	r := s.view.look().record
	in := facts.Input{Source: from, Destination: to, Options: o.Options, ReverseStart: r.ReversePoint.Time}
	if o.Reversible { // the side that a reverse will write to; what would refuse it then is said as early as at start
		in.IndexesOf = []sdk.Role{sdk.RoleSource}
	}
	if trigger == sdk.TriggerReverse && r.State == lifecycle.Committed && r.Options.Reversible {
		in.CleanSince, in.Untouched = r.CleanSince, untouched
	}
	return in
}

func phase(t sdk.Trigger, dryRun bool) sdk.Phase {
	if dryRun {
		return sdk.PhasePreflight
	}
	return t.Gate()
}

func (s *Syncer) describe(o StartOptions, known sdk.Facts) sdk.Sync {
	m := o.Mapping
	g := s.view.look()
	out := sdk.Sync{ID: cmp.Or(g.record.SyncID, o.syncID), State: string(g.state()), Epoch: g.record.Epoch, Direction: sdk.DirectionForward}
	if g.record.Epoch%2 == 1 {
		out.Direction = sdk.DirectionBackward
	}
	side := func(id lifecycle.ClusterID, r sdk.Role) sdk.Cluster {
		return sdk.Cluster{Name: string(id), Version: known.Versions.Of(r).Version, Topology: known.Topology.Of(r).Kind}
	}
	out.Source, out.Destination = side(m.Source, sdk.RoleSource), side(m.Destination, sdk.RoleDestination)
	return out
}

// guard is the engine's own judgement: what must hold so that no data can be
// lost, whatever modules are loaded.
func (s *Syncer) guard(ctx context.Context, trigger sdk.Trigger, o StartOptions, known sdk.Facts) sdk.Result {
	begin := time.Now()
	var found []sdk.Finding
	switch trigger {
	case sdk.TriggerStart:
		found = s.guardStart(ctx, o, known)
	case sdk.TriggerReverse:
		found = s.guardReverse(ctx, known)
	}
	res := sdk.Result{Module: guardModule, Component: "guards", Kind: sdk.KindCheck, Required: true,
		Outcome: sdk.OutcomePassed, Findings: append([]sdk.Finding{}, found...), DurationMillis: time.Since(begin).Milliseconds()}
	if len(found) > 0 {
		res.Outcome = sdk.OutcomeRefused
	}
	return res
}

// finding turns the refusal of a guard into what a module would have said.
func finding(code string, cluster lifecycle.ClusterID, err error, cure string) sdk.Finding {
	f := sdk.Errorf(code, "%v", err)
	f.Remediation, f.Resource = cure, sdk.Resource{Cluster: string(cluster)}
	return f
}

// guardReverse asks what can make a way back lose data: the new direction's
// start is gone, the old source is open, somebody has written to it, or one of
// its unique indexes would be damaged.
func (s *Syncer) guardReverse(ctx context.Context, known sdk.Facts) (out []sdk.Finding) {
	g := s.view.look()
	if g.tenure == nil || g.record.State != lifecycle.Committed || !g.record.Options.Reversible {
		return []sdk.Finding{finding("NOT_COMMITTED", "", errors.New("there is no committed, reversible sync to reverse"), "")}
	}
	env := s.env(g.tenure)
	from, to := g.record.Mapping.Source, g.record.Mapping.Destination
	if err := env.Reachable(ctx, env.To, g.record.ReversePoint); err != nil {
		out = append(out, finding("REVERSE_POINT_LOST", to, fmt.Errorf("the oplog of %s cannot be read from the reverse start point (%s) any more: %w", to, g.record.ReversePoint.Time, err),
			"the way back is closed; sync in the other direction from nothing"))
	}
	if err := leftAlone(from, known); err != nil {
		out = append(out, finding("OLD_SOURCE_NOT_UNTOUCHED", from, err, "keep the old source closed and untouched from the commit on; now the other direction has to be synced from nothing, onto an emptied cluster"))
	}
	if err := g.tenure.catalog.OldOnSource(string(from), known.UniqueIndexes.Source); err != nil {
		out = append(out, finding("UNIQUE_INDEX_OLD_FORMAT", from, err,
			"resync the members of the old side one after another (an initial sync makes all indexes anew), then send the command again; an index rebuilt by hand is a write there, which closes the way back"))
	}
	return out
}

// leftAlone says why it is not proven that nobody wrote to the old source.
func leftAlone(from lifecycle.ClusterID, known sdk.Facts) error {
	fence, proof := known.WriteBlocking.Source, known.Divergence
	switch {
	case !fence.Known:
		return fmt.Errorf("whether user writes on %s are blocked is not known: %s", from, fence.Error)
	case fence.Mode != sdk.WriteBlockOn:
		return fmt.Errorf("user writes on %s are not blocked (mode %d), so it may have been written to since the commit", from, fence.Mode)
	case !proof.Known:
		return fmt.Errorf("whether %s was written to since the commit is not known: %s", from, proof.Error)
	case proof.Write != nil:
		w := proof.Write
		return fmt.Errorf("%s was written to after it was closed (%s at %s on %s): it differs from what was copied, so it cannot be returned to", from, w.Kind, time.Unix(int64(w.At.T), 0).UTC().Format(time.RFC3339), w.Namespace)
	}
	return nil
}
