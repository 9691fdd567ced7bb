package core

import (
	"context"
	"crypto/rand"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// runAndTell does a job and, beside it, tells the gate of a command that has been
// carried out, if nobody has been told yet. The work does not wait for that.
func (s *Syncer) runAndTell(ctx context.Context, kind lifecycle.Job, t *tenure) error {
	command := t.store.Record().Notice
	if command == "" || s.opts.Gate == nil {
		return s.run(ctx, kind, t)
	}
	group, inner := errgroup.WithContext(ctx)
	telling, stop := context.WithCancel(inner)
	group.Go(func() error { return s.tell(telling, t, sdk.Trigger(command)) })
	group.Go(func() error {
		defer stop()
		return s.run(inner, kind, t)
	})
	return group.Wait()
}

// tell runs the checks and hooks of the phase after a command. Whatever they
// answer, it has been carried out; so what they found is logged. A process that
// dies before the record says that it was done does it again, with the same
// idempotency key.
func (s *Syncer) tell(ctx context.Context, t *tenure, command sdk.Trigger) error {
	r := t.store.Record()
	id := rand.Text()
	known := s.gather(ctx, id, command.Notice(), facts.Input{Source: t.from, Destination: t.to, Options: r.Options, ReverseStart: r.ReversePoint.Time})
	req := sdk.Request{APIVersion: sdk.APIVersion, EvaluationID: id, Trigger: command, Phase: command.Notice(),
		Now: time.Now().UTC(), Sync: s.describe(StartOptions{Mapping: r.Mapping}, known), Facts: known}
	report, err := s.opts.Gate.Review(ctx, NewCommander(t.from, t.to), req)
	if ctx.Err() != nil {
		return nil // the job ends first; the next one tells
	}
	if err != nil {
		s.log.Error("the hooks after the command could not be run", "command", string(command), "error", err.Error())
	}
	for _, f := range report.Findings() {
		s.log.Warn("after the command: "+f.Message, "command", string(command), "module", f.Module, "component", f.Component, "code", f.Code)
	}
	if err := s.keepReview(ctx, t, s.reviewOf(report)); err != nil && ctx.Err() == nil {
		s.log.Warn("who was told of the command could not be kept", "command", string(command), "error", err.Error())
	}
	err = s.update(ctx, t, func(r *lifecycle.Record) { r.Notice = "" })
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// toldPatience is longer than a review may take with the limits that plugins have.
const toldPatience = 90 * time.Second

// toldEvery is how often a command that waits for the hooks of the last one looks.
const toldEvery = 20 * time.Millisecond

// told waits until the hooks after the last command have been called: the next plan would cut them off, and at its end
// nobody would know any more that they are to be called again.
func (s *Syncer) told(ctx context.Context, op string) error {
	if s.opts.Gate == nil { // there is nobody to tell
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, toldPatience)
	defer cancel()
	look := time.NewTicker(toldEvery)
	defer look.Stop()
	for {
		last := s.view.look().record.Notice
		if last == "" {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return refuse(op, Busy, "the hooks after the %s have not ended; progress shows which of them run; send the command again when none does", last)
		}
	}
}
