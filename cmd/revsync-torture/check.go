package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/revsync/revsync/core/mongotest/judge"
)

// check compares both sides with each other and with what everybody was answered.
// Nobody may write.
func (w *world) check(ctx context.Context, l leg) error {
	if err := w.knockers[1-w.open].checkAndRemove(ctx); err != nil {
		return err
	}
	found, err := judge.Compare(ctx, w.sides[0].root, w.sides[1].root)
	if err != nil {
		return err
	}
	w.tally.add(func(t *tally) { t.documents += found.Documents })
	errs := []error{found.Err()}
	for _, s := range w.sides {
		if err := w.traffic.Verify(ctx, s.root); err != nil {
			errs = append(errs, fmt.Errorf("on %s: %w", s.name, err))
		}
		for _, k := range w.knockers {
			errs = append(errs, k.checkWritten(ctx, s))
		}
	}
	errs = append(errs, w.checkOpenness(l))
	return errors.Join(errs...)
}

// checkOpenness looks at the attempts to write since the leg before.
func (w *world) checkOpenness(l leg) error {
	source, destination := w.knockers[w.open], w.knockers[1-w.open]
	err := oneOpen(l, source.since(), destination.since())
	if err != nil {
		return fmt.Errorf("from %s to %s: %w", source.side.name, destination.side.name, err)
	}
	return nil
}
