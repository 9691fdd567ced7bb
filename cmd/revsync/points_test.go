//go:build unix

package main_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

// The moments of a step at which a plan can crash.
const (
	before   = "before"   // nothing of the step was done in this life
	done     = "done"     // the step was done, and nobody knows
	recorded = "recorded" // the record says so
)

// pointsOf are the points of one moment in each step of a plan. The switch of a
// reverse moves the record, so all that comes after it in the step is one point.
func pointsOf(plan lifecycle.Plan, moment string) (out []crash) {
	for _, step := range plan.Steps {
		name := string(plan.Command) + "." + string(step) + "."
		if step == lifecycle.StepSwitch && moment != before {
			out = append(out, crash{at: name + "moved"})
			continue
		}
		out = append(out, crash{at: name + moment})
	}
	return out
}

func commitPoints(moment string) []crash  { return pointsOf(lifecycle.CommitPlan, moment) }
func reversePoints(moment string) []crash { return pointsOf(lifecycle.ReversePlan, moment) }

// at makes crashes of names.
func at(points ...string) (out []crash) {
	for _, p := range points {
		out = append(out, crash{at: p})
	}
	return out
}

// reached are the points at which a process has died.
var reached pointSet

type pointSet struct {
	mu    sync.Mutex
	names map[string]int
}

func (s *pointSet) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = map[string]int{}
	}
	s.names[name]++
}

// unreachable are points that no source of this version leads to, and why.
var unreachable = map[string]string{
	"schema.drop-database.collection": "a server drops each collection with an event of its own before the database",
}

// requireAllReached wants a death at each point of the sources, and no point in
// the tests that the sources do not have.
func requireAllReached(t *testing.T) {
	t.Helper()
	points := pointsInSources(t)
	for name := range unreachable {
		require.Contains(t, points, name, "it is said to be unreachable")
		delete(points, name)
	}
	for name := range points {
		require.Contains(t, reached.names, name, "no test has a crash at this point: put it into one of the lists")
	}
	for name := range reached.names {
		require.Contains(t, points, name, "it is said to be unreachable, or the sources do not show it")
	}
}
