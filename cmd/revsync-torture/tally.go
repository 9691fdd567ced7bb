package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/revsync/revsync/core/mongotest/workload"
)

// tally counts over all worlds of a run.
type tally struct {
	mu         sync.Mutex
	faults     map[string]int
	worlds     int
	cutovers   int
	reversals  int
	roundTrips int
	undone     int
	documents  int64
	operations workload.Counts
	knocks     map[workload.Outcome]int
	polls      int
	standstill time.Duration
	slowest    time.Duration // answer of progress
}

func (t *tally) add(f func(*tally)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(t)
}

func (t *tally) fault(name string) {
	t.add(func(t *tally) {
		if t.faults == nil {
			t.faults = map[string]int{}
		}
		t.faults[name]++
	})
}

func (t *tally) knock(o workload.Outcome) {
	t.add(func(t *tally) {
		if t.knocks == nil {
			t.knocks = map[workload.Outcome]int{}
		}
		t.knocks[o]++
	})
}

// worked takes in what the users of one world were answered.
func (t *tally) worked(c workload.Counts) {
	t.add(func(t *tally) {
		t.operations.Acknowledged += c.Acknowledged
		t.operations.Refused += c.Refused
		t.operations.Aborted += c.Aborted
		t.operations.Unknown += c.Unknown
		t.operations.Failed += c.Failed
	})
}

// kills is how often a process was killed.
func (t *tally) kills() (n int) {
	t.add(func(t *tally) {
		for name, times := range t.faults {
			if strings.HasPrefix(name, "kill ") {
				n += times
			}
		}
	})
	return n
}

func (t *tally) print(r *reporter) {
	kills := t.kills()
	t.add(func(t *tally) {
		var faults []string
		for name, times := range t.faults {
			faults = append(faults, fmt.Sprintf("%s %d", name, times))
		}
		slices.Sort(faults)
		o := t.operations
		r.say("nothing was lost, doubled, reordered or invented")
		r.say("worlds %d, cutovers %d, reversals %d (there and back: %d times), commits and reverses undone and asked for again %d",
			t.worlds, t.cutovers, t.reversals, t.roundTrips, t.undone)
		r.say("kills %d; all faults: %s", kills, strings.Join(faults, ", "))
		r.say("operations: %d acknowledged, %d refused by a closed side, %d aborted, %d unknown, %d failed",
			o.Acknowledged, o.Refused, o.Aborted, o.Unknown, o.Failed)
		r.say("writes to both sides on purpose: %d acknowledged, %d refused, %d unknown",
			t.knocks[workload.Acknowledged], t.knocks[workload.Refused], t.knocks[workload.Unknown])
		r.say("documents compared %d; progress read %d times, slowest answer %.1f s; longest time without any progress %.1f s",
			t.documents, t.polls, t.slowest.Seconds(), t.standstill.Seconds())
	})
}
