package main

import (
	"fmt"
	"slices"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/lifecycle"
)

// sense checks one look at progress after the other: the epoch and the low
// watermark never fall, states follow each other as the table of states says, and
// users are never said to be allowed to write to what the engine writes to.
type sense struct {
	seen  bool
	state lifecycle.State // the last one in which the sync was known; never INITIALIZING
	epoch int
	begun int    // the epoch before the reversal that is under way
	water uint64 // the highest watermark since the epoch began or the sync was taken up, from a checkpoint
}

func (s *sense) see(p child.Progress) error {
	state := lifecycle.State(p.State)
	if !slices.Contains(lifecycle.States, state) {
		return fmt.Errorf("%q is no state", p.State)
	}
	if state == lifecycle.Initializing { // it does not know the sync yet, or no longer
		s.water = 0
		return nil
	}
	if p.CanWrite && state == lifecycle.Running {
		return fmt.Errorf("canWrite in %s", state)
	}
	if s.seen {
		if err := s.follows(state, p); err != nil {
			return err
		}
	}
	if p.Epoch != s.epoch {
		s.water = 0
	}
	if state != lifecycle.Reversing || !s.seen {
		s.begun = p.Epoch
	}
	s.seen, s.state, s.epoch, s.water = true, state, p.Epoch, max(s.water, p.Applied.Number())
	return nil
}

func (s *sense) follows(state lifecycle.State, p child.Progress) error {
	reversals := p.Epoch - s.begun
	if state == lifecycle.Reversing && reversals == 1 {
		reversals = 0 // the new epoch begins some steps before the end
	}
	if p.Epoch < s.epoch || !reachable(s.state, state, reversals) {
		return fmt.Errorf("from %s in epoch %d to %s in epoch %d", s.state, s.epoch, state, p.Epoch)
	}
	if water := p.Applied.Number(); p.Epoch == s.epoch && water > 0 && water < s.water {
		return fmt.Errorf("the low watermark fell from %d to %d", s.water, water)
	}
	return nil
}

// passing are states that can be over before they are seen.
var passing = []lifecycle.State{lifecycle.Committing, lifecycle.Reversing}

// reachable reports that the table of states leads from one state to another with so many
// reversals, directly or by way of a state that was not seen.
func reachable(from, to lifecycle.State, reversals int) bool {
	if from == to && reversals == 0 {
		return true
	}
	for _, t := range slices.Concat(lifecycle.Commands, lifecycle.Events) {
		next, err := lifecycle.Next(from, t)
		if err != nil {
			continue
		}
		left := reversals
		if t == lifecycle.ReverseDone {
			left--
		}
		if next == to && left == 0 {
			return true
		}
		if slices.Contains(passing, next) && arrives(next, to, left) {
			return true
		}
	}
	return false
}

// arrives is reachable by one step.
func arrives(from, to lifecycle.State, reversals int) bool {
	for _, t := range lifecycle.Events {
		next, err := lifecycle.Next(from, t)
		done := 0
		if t == lifecycle.ReverseDone {
			done = 1
		}
		if err == nil && next == to && reversals == done {
			return true
		}
	}
	return false
}
