package cutover

import (
	"context"
	"fmt"

	"github.com/revsync/revsync/core/lifecycle"
)

// commitSteps is the commit: close the source, apply what is left, give the
// destination its real shape, remember where the way back begins, open it.
func (e *Env) commitSteps() []step {
	return []step{
		{lifecycle.StepFenceSource, e.fenceSource, e.openSource},
		{lifecycle.StepCommitTime, e.commitTime, nil},
		{lifecycle.StepDrain, e.drain, nil},
		{lifecycle.StepRestoreDestination, e.restore, e.relaxAgain},
		{lifecycle.StepReversePoint, e.reversePoint, nil},
		{lifecycle.StepOpenDestination, e.openDestination, nil},
		{lifecycle.StepEnforceUnique, e.enforceUnique, nil},
	}
}

func (e *Env) options() lifecycle.Options { return e.Store.Record().Options }

func (e *Env) fenceSource(ctx context.Context) (note, error) {
	if !e.options().WriteBlocking.Source() {
		return nil, nil
	}
	return nil, e.closeTo(ctx, e.From)
}

func (e *Env) openSource(ctx context.Context) error {
	if !e.options().WriteBlocking.Source() {
		return nil
	}
	return e.open(ctx, e.From)
}

// commitTime takes the cut: with the fence on, no user write has a later time.
func (e *Env) commitTime(ctx context.Context) (note, error) {
	var cut lifecycle.OpTime
	err := e.persist(ctx, "read the commit time", func(ctx context.Context) (err error) {
		cut, err = e.From.AppendNote(ctx, "commit")
		return err
	})
	return func(r *lifecycle.Record) { r.CommitTime = cut }, err
}

func (e *Env) drain(ctx context.Context) (note, error) {
	return nil, e.Drain(ctx, e.Store.Record().CommitTime)
}

func (e *Env) restore(ctx context.Context) (note, error) {
	return nil, e.persist(ctx, "restore the destination's collections", func(ctx context.Context) error {
		if err := e.Lease.Check(commandTime); err != nil {
			return err
		}
		return e.Catalog.Restore(ctx)
	})
}

func (e *Env) relaxAgain(ctx context.Context) error { return e.Catalog.RelaxAgain(ctx) }

// reversePoint is taken while the destination is still closed: whatever is
// written there later comes after it. It is recorded together with the point
// of no return.
func (e *Env) reversePoint(ctx context.Context) (note, error) {
	var point lifecycle.Position
	err := e.persist(ctx, "take the reverse start point", func(ctx context.Context) error {
		at, err := e.To.AppendNote(ctx, "reverse start point")
		if err != nil {
			return err
		}
		point, err = e.OpenPosition(ctx, e.To, at)
		return err
	})
	return func(r *lifecycle.Record) { r.ReversePoint, r.CleanSince = point, r.CommitTime }, err
}

// openDestination reads the source's fence back first: the destination is never
// opened while the source is open.
func (e *Env) openDestination(ctx context.Context) (note, error) {
	mode := e.options().WriteBlocking
	if mode.Source() {
		if err := e.readFence(ctx, e.From, true); err != nil {
			return nil, fmt.Errorf("the destination stays closed: %w", err)
		}
	}
	if !mode.Destination() {
		return nil, nil
	}
	return nil, e.open(ctx, e.To)
}

func (e *Env) enforceUnique(ctx context.Context) (note, error) {
	if err := e.Lease.Check(commandTime); err != nil {
		return nil, err
	}
	return nil, e.Catalog.EnforceUnique(ctx)
}
