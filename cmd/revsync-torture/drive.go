package main

import (
	"context"
	"fmt"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// How long users work before the next command.
var (
	beforeCommit  = span{0, 5 * time.Second}
	beforeReverse = span{0, 2 * time.Second}
)

// leastCutovers of a world are there and back, also where they take longer than its time.
const leastCutovers = 2

// drive does what an operator does, over the REST interface: start, and then
// commit and reverse until the time is over. It ends with a commit.
func (w *world) drive(ctx context.Context, deadline time.Time) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	for cutovers := 1; ; cutovers++ {
		pause(ctx, beforeCommit.draw(w.random))
		if err := w.commit(ctx); err != nil {
			return err
		}
		pause(ctx, beforeReverse.draw(w.random))
		if time.Now().After(deadline) && cutovers >= leastCutovers {
			return nil
		}
		if err := w.reverse(ctx); err != nil {
			return err
		}
	}
}

func (w *world) start(ctx context.Context) error {
	o := order{command: "start", body: `{"source":"cluster0","destination":"cluster1","reversible":true}`,
		from: func(p child.Progress) bool { return p.State == string(lifecycle.Idle) },
		done: func(p child.Progress) bool { return p.State == string(lifecycle.Running) }}
	if _, err := w.carryOut(ctx, o); err != nil {
		return err
	}
	for _, k := range w.knockers {
		k.begin()
	}
	return nil
}

// commit cuts over and has everything checked.
func (w *world) commit(ctx context.Context) error {
	o := order{command: "commit", body: "{}",
		from: func(p child.Progress) bool { return p.State == string(lifecycle.Running) && p.CanCommit },
		done: func(p child.Progress) bool { return p.State == string(lifecycle.Committed) }}
	asked, err := w.carryOut(ctx, o)
	if err != nil {
		return err
	}
	l := leg{asked: asked, end: time.Now().UTC()}
	if err := w.note("COMMITTED", nil); err != nil {
		return err
	}
	if err := w.crossed(ctx, l); err != nil {
		return fmt.Errorf("after a commit to %s: %w", w.sides[1-w.open].name, err)
	}
	w.open = 1 - w.open
	w.tally.add(func(t *tally) {
		t.cutovers++
		t.roundTrips += w.open ^ 1 // 1 when it is back
	})
	return w.useOpenSide()
}

// reverse turns the direction round. Users go on where they are.
func (w *world) reverse(ctx context.Context) error {
	o := order{command: "reverse", body: "{}",
		from: func(p child.Progress) bool { return p.State == string(lifecycle.Committed) },
		done: func(p child.Progress) bool { return p.State == string(lifecycle.Running) }}
	if _, err := w.carryOut(ctx, o); err != nil {
		return err
	}
	w.tally.add(func(t *tally) { t.reversals++ })
	return nil
}

// useOpenSide sends the users to the open side, also those that wait because they were refused.
func (w *world) useOpenSide() error {
	w.traffic.Switch(w.sides[w.open].app, w.sides[w.open].ddl)
	return w.note("users go to "+w.sides[w.open].name, nil)
}

// entry is a line about what the driver does.
type entry struct {
	At    time.Time `json:"at"` // of the answer
	What  string    `json:"what"`
	Error string    `json:"error,omitempty"`
}

func (w *world) note(what string, err error) error {
	e := entry{At: time.Now().UTC(), What: what}
	if err != nil {
		e.Error = err.Error()
	}
	return w.orders.add(e)
}

// settle bounds what a check may take on a machine with too much to do.
const settle = 2 * time.Minute

// crossed checks everything at COMMITTED, with the servers well and nobody writing.
func (w *world) crossed(ctx context.Context, l leg) error {
	w.nemesis.truce.Lock()
	defer w.nemesis.truce.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, settle, fmt.Errorf("the checks at COMMITTED were not done after %s", settle))
	defer cancel()
	if err := well(ctx, w.sides); err != nil {
		return err
	}
	if err := w.traffic.WaitClosed(ctx); err != nil {
		return err
	}
	if err := workload.MustRefuse(ctx, w.sides[w.open].app); err != nil {
		return err
	}
	for _, k := range w.knockers {
		k.truce.Lock()
		defer k.truce.Unlock()
	}
	return w.check(ctx, l)
}
