package cutover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/meta"
)

// patience is how long one step may go on failing before the point of no
// return until the plan is undone instead.
const patience = 60 * time.Second

// note is what a step wants recorded together with its being done.
type note func(*lifecycle.Record)

// step is one step of a plan. Both functions can be repeated; undo must also
// work when do was cut off half-way or never began.
type step struct {
	name lifecycle.Step
	do   func(ctx context.Context) (note, error)
	undo func(ctx context.Context) error
}

// ErrMoved says that a reverse has passed its switch: the record now lives on
// the new destination, and whoever carries on must begin from there.
var ErrMoved = errors.New("the record moved to the new destination")

// Run carries out or undoes the plan of the record's state until the sync is in
// a stable state again (nil), the record has moved (ErrMoved), or ctx ends.
// Failures go to env.Report; the reason of an undo is kept in the record.
func Run(ctx context.Context, env *Env) error {
	r := env.Store.Record()
	plan, ok := lifecycle.PlanOf(r.State)
	if !ok {
		return fmt.Errorf("there is no plan in state %s", r.State)
	}
	return (&run{env: env, plan: plan, steps: env.steps(plan)}).all(ctx)
}

// run is one life of a plan.
type run struct {
	env   *Env
	plan  lifecycle.Plan
	steps []step
}

func (e *Env) steps(p lifecycle.Plan) []step {
	if p.Command == lifecycle.Reverse {
		return e.reverseSteps()
	}
	return e.commitSteps()
}

func (p *run) all(ctx context.Context) error {
	for {
		r := p.env.Store.Record()
		var err error
		switch {
		case r.Undo:
			err = p.undoOne(ctx, r)
		case r.Step == len(p.steps):
			return p.settle(ctx, done(p.plan.Command), p.plan.Command)
		case r.Step < p.plan.NoReturn:
			err = p.tryOrTurn(ctx, r)
		default:
			err = p.forward(ctx, r)
		}
		if err != nil {
			return err
		}
		if state := p.env.Store.Record().State; state != r.State {
			return nil
		}
	}
}

// tryOrTurn does one step before the point of no return; if it fails for good,
// it records that the plan is being undone.
func (p *run) tryOrTurn(ctx context.Context, r lifecycle.Record) error {
	bound, cancel := context.WithTimeoutCause(ctx, p.patience(r.Step), fmt.Errorf("step %q did not succeed within %s", p.steps[r.Step].name, p.patience(r.Step)))
	defer cancel()
	last := error(nil)
	report := p.env.Report
	p.env.Report = func(what string, err error) { last = err; report(what, err) }
	err := p.one(bound, r.Step)
	p.env.Report = report
	switch {
	case err == nil, errors.Is(err, ErrMoved):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, meta.ErrNoLease), errors.Is(err, meta.ErrLost):
		return err
	}
	if last != nil && !errors.Is(err, last) {
		err = fmt.Errorf("%w: last error: %w", err, last)
	}
	return p.turn(ctx, r, err)
}

// patience has no end for two steps. The drain lasts as long as the backlog;
// its standstill is the applier's to report. The switch may have been done by a
// write that was never answered, so it is repeated until that is known.
func (p *run) patience(i int) time.Duration {
	switch p.steps[i].name {
	case lifecycle.StepDrain, lifecycle.StepSwitch:
		return 365 * 24 * time.Hour
	}
	return patience
}

// turn records the undo before anything is undone: a crash in between must not
// leave a half-undone plan that believes it is going forward.
func (p *run) turn(ctx context.Context, r lifecycle.Record, why error) error {
	failure := &lifecycle.Failure{Since: time.Now().UTC(), Tries: 1,
		Message: fmt.Sprintf("%s was undone: step %q: %v", p.plan.Command, p.steps[r.Step].name, why)}
	return p.record(ctx, func(x *lifecycle.Record) { x.Undo, x.LastError = true, failure })
}

// forward does one step after the point of no return, for as long as it takes.
func (p *run) forward(ctx context.Context, r lifecycle.Record) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 100*time.Millisecond, 5*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := p.one(ctx, r.Step)
		if errors.Is(err, meta.ErrNoLease) || errors.Is(err, meta.ErrLost) || ctx.Err() != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		p.env.Report(string(p.steps[r.Step].name), err)
		return struct{}{}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// one does a step and records that it is done.
func (p *run) one(ctx context.Context, i int) error {
	s := p.steps[i]
	name := string(p.plan.Command) + "." + string(s.name)
	point.Hit(name + ".before")
	extra, err := s.do(ctx)
	if err != nil {
		return err
	}
	point.Hit(name + ".done")
	err = p.record(ctx, func(r *lifecycle.Record) {
		if extra != nil {
			extra(r)
		}
		r.Step = i + 1
	})
	point.Hit(name + ".recorded")
	return err
}

// undoOne undoes the current step and moves one down; below the first one the
// sync is back in the state the plan began in.
func (p *run) undoOne(ctx context.Context, r lifecycle.Record) error {
	if r.Step < len(p.steps) && p.steps[r.Step].undo != nil {
		name := string(p.plan.Command) + ".undo-" + string(p.steps[r.Step].name)
		point.Hit(name + ".before")
		if err := p.env.persist(ctx, "undo "+string(p.steps[r.Step].name), p.steps[r.Step].undo); err != nil {
			return fmt.Errorf("undo of step %q: %w", p.steps[r.Step].name, err)
		}
		point.Hit(name + ".done")
	}
	if r.Step == 0 {
		return p.settle(ctx, undone(p.plan.Command), "")
	}
	return p.record(ctx, func(x *lifecycle.Record) { x.Step = r.Step - 1 })
}

// settle moves the record along the table's row for the end of the plan, and keeps
// of which command the hooks are to be told.
func (p *run) settle(ctx context.Context, end, notice lifecycle.Trigger) error {
	next, err := lifecycle.Next(p.env.Store.Record().State, end)
	if err != nil {
		return err
	}
	return p.record(ctx, func(r *lifecycle.Record) {
		r.State, r.Step, r.Undo, r.Notice = next, 0, false, notice
	})
}

func (p *run) record(ctx context.Context, change func(*lifecycle.Record)) error {
	return p.env.persist(ctx, "write the record", func(ctx context.Context) error {
		return p.env.Store.Update(ctx, change)
	})
}

func done(command lifecycle.Trigger) lifecycle.Trigger {
	if command == lifecycle.Reverse {
		return lifecycle.ReverseDone
	}
	return lifecycle.CommitDone
}

func undone(command lifecycle.Trigger) lifecycle.Trigger {
	if command == lifecycle.Reverse {
		return lifecycle.ReverseUndone
	}
	return lifecycle.CommitUndone
}
