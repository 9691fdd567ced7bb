package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/revsync/revsync/core/mongotest/workload"
)

// maxErrors bounds what one check has to say.
const maxErrors = 10

// present compares what was answered with what is there.
func present(past []knock, found map[int]bool) error {
	var errs []error
	for _, k := range past {
		there := found[k.Number]
		wanted := k.Outcome == workload.Acknowledged && !k.removed
		if k.Outcome != workload.Unknown && there != wanted {
			errs = append(errs, fmt.Errorf("write %d was %s (removed again: %v), and it is there: %v", k.Number, k.Outcome, k.removed, there))
		}
	}
	for number := range found {
		if number < 0 || number >= len(past) {
			errs = append(errs, fmt.Errorf("write %d was never made", number))
		}
	}
	return errors.Join(errs[:min(len(errs), maxErrors)]...)
}

// leg is one way from one side to the other: source was open when it began, and
// destination is open when it ends.
type leg struct {
	asked time.Time // when the first commit was sent
	end   time.Time // COMMITTED was seen
}

// oneOpen wants at most one side to have been open at any time of a leg, by the
// writes that were acknowledged in it: none on the destination before a commit
// was asked for, and none on the source sent after one on the destination was answered.
func oneOpen(l leg, source, destination []knock) error {
	var first *knock // acknowledged by the destination, by the time of its answer
	for _, k := range destination {
		if k.Outcome != workload.Acknowledged {
			continue
		}
		if k.At.Before(l.asked) {
			return fmt.Errorf("the destination was open before a commit was asked for: write %d, answered at %s, commit sent at %s", k.Number, k.At, l.asked)
		}
		if first == nil || k.At.Before(first.At) {
			first = &k
		}
	}
	for _, k := range source {
		if k.Outcome != workload.Acknowledged {
			continue
		}
		if first != nil && k.Invoked.After(first.At) {
			return fmt.Errorf("both sides were open: the destination acknowledged write %d at %s, and the source write %d, sent at %s", first.Number, first.At, k.Number, k.Invoked)
		}
		if k.Invoked.After(l.end) {
			return fmt.Errorf("the source was open after COMMITTED: write %d, sent at %s, COMMITTED seen at %s", k.Number, k.Invoked, l.end)
		}
	}
	return nil
}
