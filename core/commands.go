package core

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// commandPatience bounds how long a command waits for the engine's loop, which
// stops the running job first.
const commandPatience = 30 * time.Second

// Pause stops the work and answers when it has stopped and its position is
// written.
func (s *Syncer) Pause(ctx context.Context) error {
	return s.exclusive(lifecycle.Pause, func(op string) error {
		return s.move(ctx, op, lifecycle.Pause, nil)
	})
}

// Resume takes paused work up again. It refuses when the source's oplog no
// longer holds the position.
func (s *Syncer) Resume(ctx context.Context) error {
	return s.exclusive(lifecycle.Resume, func(op string) error {
		if err := s.stillReachable(ctx, op); err != nil {
			return err
		}
		return s.move(ctx, op, lifecycle.Resume, nil)
	})
}

// Commit begins the cutover. It answers when the state is COMMITTING; from then
// on the plan goes on by itself, also across restarts. accept names findings that
// do not refuse it, as StartOptions.Accept does.
func (s *Syncer) Commit(ctx context.Context, accept ...string) error {
	return s.exclusive(lifecycle.Commit, func(op string) error {
		if p := s.Progress(); !p.CanCommit {
			return refuse(op, CannotCommit, "%s", p.CannotReason)
		}
		return s.reviewAndMove(ctx, op, lifecycle.Commit, accept)
	})
}

// Reverse turns the direction round. All checks run first; a refusal leaves
// COMMITTED as it was. It answers when the state is REVERSING. accept names
// findings that do not refuse it, as StartOptions.Accept does.
func (s *Syncer) Reverse(ctx context.Context, accept ...string) error {
	return s.exclusive(lifecycle.Reverse, func(op string) error {
		if !s.view.look().record.Options.Reversible {
			return refuse(op, NotReversible, "this sync was not started with reversible: true; nothing remembers where the way back begins")
		}
		return s.reviewAndMove(ctx, op, lifecycle.Reverse, accept)
	})
}

func (s *Syncer) reviewAndMove(ctx context.Context, op string, t lifecycle.Trigger, accept []string) error {
	if err := s.told(ctx, op); err != nil {
		return err
	}
	if err := s.legal(op, t); err != nil { // again: the sync may have been lost meanwhile
		return err
	}
	o := s.tenureOptions()
	o.Accept = accept
	v, err := s.review(ctx, op, sdk.Trigger(t), o)
	if err != nil {
		return err
	}
	if err := s.keepReview(ctx, s.view.look().tenure, v.review); err != nil {
		return &Error{Op: op, Code: Internal, Err: fmt.Errorf("the sync is as it was, though hooks may have run: %w", err)}
	}
	return s.move(ctx, op, t, v.accepted)
}

// Start begins a sync. It answers when the state is RUNNING; the copy goes on
// by itself, also across restarts.
func (s *Syncer) Start(ctx context.Context, o StartOptions) error {
	o = o.withDefaults()
	return s.exclusive(lifecycle.Start, func(op string) error {
		s.startID = cmp.Or(s.startID, strings.ToLower(rand.Text()))
		o.syncID = s.startID
		if err := validateStart(o); err != nil {
			return refuse(op, InvalidRequest, "%w", err)
		}
		v, err := s.review(ctx, op, sdk.TriggerStart, o)
		if err != nil {
			return err
		}
		err = s.ask(ctx, op, request{trigger: lifecycle.Start, do: func(ctx context.Context, _ *tenure) error {
			return s.beginSync(ctx, o, v)
		}})
		if err == nil {
			s.startID = ""
		}
		return err
	})
}

func validateStart(o StartOptions) error {
	if err := errors.Join(o.Mapping.Validate(), o.Options.Validate()); err != nil {
		return err
	}
	_, err := compileFilter(o.Options)
	return err
}

func (s *Syncer) tenureOptions() StartOptions {
	r := s.view.look().record
	return StartOptions{Mapping: r.Mapping, Options: r.Options}
}

// exclusive lets one command at a time through, and only in a state that the
// table allows it in.
func (s *Syncer) exclusive(t lifecycle.Trigger, do func(op string) error) error {
	op := string(t)
	if !s.command.TryLock() {
		return refuse(op, Busy, "another request is in progress; wait for its answer")
	}
	defer s.command.Unlock()
	if err := s.legal(op, t); err != nil {
		return err
	}
	err := do(op)
	if err == nil {
		s.log.Info("command accepted", "command", op)
	}
	return err
}

func (s *Syncer) legal(op string, t lifecycle.Trigger) error {
	state := s.view.look().state()
	if state == lifecycle.Initializing {
		return refuse(op, Starting, "%w", errNotConnected)
	}
	if _, err := lifecycle.Next(state, t); err != nil {
		return refuse(op, IllegalState, "%w", err)
	}
	return nil
}

// move asks the loop to take one row of the table. What was accepted on the way
// is written with it.
func (s *Syncer) move(ctx context.Context, op string, t lifecycle.Trigger, accepted []lifecycle.Acceptance) error {
	return s.ask(ctx, op, request{trigger: t, do: func(ctx context.Context, held *tenure) error {
		next, err := lifecycle.Next(held.store.Record().State, t)
		if err != nil {
			return err
		}
		return s.update(ctx, held, func(r *lifecycle.Record) {
			r.State, r.Step, r.Undo, r.LastError = next, 0, false, nil
			r.Accept(accepted...)
		})
	}})
}

// ask hands a request to the loop and waits for its answer.
func (s *Syncer) ask(ctx context.Context, op string, r request) error {
	ctx, cancel := context.WithTimeout(ctx, commandPatience)
	defer cancel()
	r.reply = make(chan error, 1)
	select {
	case s.requests <- r:
	case <-ctx.Done():
		return refuse(op, Starting, "%w", errNotConnected)
	}
	err := <-r.reply // always answered: the loop owns the request now
	if err == nil {
		return nil
	}
	if _, own := errors.AsType[*Error](err); own {
		return err
	}
	if illegal, ok := errors.AsType[*lifecycle.IllegalError](err); ok {
		return refuse(op, IllegalState, "%w", illegal)
	}
	return &Error{Op: op, Code: Internal, Err: err}
}

// stillReachable proves that the stream can be opened where the pause left it.
func (s *Syncer) stillReachable(ctx context.Context, op string) error {
	g := s.view.look()
	if g.record.Position.IsZero() {
		return nil
	}
	err := applier.Reachable(ctx, g.tenure.from, g.record.Position)
	switch {
	case err == nil:
		return nil
	case mdb.ClassOf(err) == mdb.HistoryLost:
		return refuse(op, NotEligible, "the oplog of %s no longer holds the position %s where the sync was paused; the sync has to be started again from nothing: %w", g.record.Mapping.Source, g.record.Position.Time, err)
	}
	return &Error{Op: op, Code: Internal, Err: err}
}
