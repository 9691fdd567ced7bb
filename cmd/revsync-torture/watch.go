package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
)

const (
	watchInterval = 50 * time.Millisecond
	watchTimeout  = 10 * time.Second
)

// watcher reads progress all the time, keeps it, and has it checked.
type watcher struct {
	world   *world
	journal *journal
	sense   sense
	moved   time.Time // when progress has last said anything new
	last    string
}

// poll is a line of the journal.
type poll struct {
	At    time.Time       `json:"at"`
	Life  int             `json:"life"` // of revsync
	Error string          `json:"error,omitempty"`
	Reply json.RawMessage `json:"reply,omitempty"`
}

func (w *watcher) work(ctx context.Context) error {
	w.moved = time.Now()
	for pause(ctx, watchInterval) {
		if err := w.once(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) once(ctx context.Context) error {
	l := w.world.engine.current.Load()
	inner, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	stops, asked := w.world.engine.stops.Load(), time.Now()
	r, err := l.API.Call(inner, "progress", "")
	if took := time.Since(asked); stops%2 == 0 && stops == w.world.engine.stops.Load() {
		w.world.tally.add(func(t *tally) { t.slowest = max(t.slowest, took) })
	}
	line := poll{At: time.Now().UTC(), Life: l.number, Reply: r.Raw}
	var refused *child.Refused
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("progress was refused: %w", err)
	case err != nil:
		line.Error = err.Error()
		return w.journal.add(line)
	}
	if err := w.journal.add(line); err != nil {
		return err
	}
	w.time(r.Progress)
	if err := w.sense.see(r.Progress); err != nil {
		return fmt.Errorf("progress makes no sense in life %d: %w", l.number, err)
	}
	return nil
}

// time measures how long nothing has moved, where something is to move.
func (w *watcher) time(p child.Progress) {
	now := fmt.Sprint(p.State, p.Info, p.Step, p.Epoch, p.Applied.Number(), p.TotalEvents, p.CollectionCopy.Copied)
	if now != w.last || p.State == "COMMITTED" || p.State == "IDLE" {
		w.last, w.moved = now, time.Now()
	}
	w.world.tally.add(func(t *tally) {
		t.polls++
		t.standstill = max(t.standstill, time.Since(w.moved))
	})
}
