//go:build unix

package main_test

import (
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
func pointsOf(plan lifecycle.Plan, moment string) (out []string) {
	for _, step := range plan.Steps {
		name := string(plan.Command) + "." + string(step) + "."
		if step == lifecycle.StepSwitch && moment != before {
			out = append(out, name+"moved")
			continue
		}
		out = append(out, name+moment)
	}
	return out
}

func commitPoints(moment string) []string  { return pointsOf(lifecycle.CommitPlan, moment) }
func reversePoints(moment string) []string { return pointsOf(lifecycle.ReversePlan, moment) }
