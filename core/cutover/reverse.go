package cutover

import (
	"context"
	"fmt"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/meta"
)

// reverseSteps is the reverse: make sure that the way back is whole, prepare
// the old source to be written by the engine, hand the metadata over, switch.
// In it From is the old source, which becomes the destination.
func (e *Env) reverseSteps() []step {
	return []step{
		{lifecycle.StepReadReversePoint, e.readReversePoint, nil},
		{lifecycle.StepProveUntouched, e.proveUntouched, nil},
		{lifecycle.StepHandOver, e.handOver, e.clearMetadata},
		{lifecycle.StepRelax, e.relax, e.unrelax},
		{lifecycle.StepSwitch, e.switchRecord, nil},
		{lifecycle.StepRetire, e.retire, nil},
	}
}

// readReversePoint proves that the oplog of the side that is written now still
// reaches the reverse start point.
func (e *Env) readReversePoint(ctx context.Context) (note, error) {
	at := e.Store.Record().ReversePoint
	return nil, e.persist(ctx, "read at the reverse start point", func(ctx context.Context) error {
		return e.Reachable(ctx, e.To, at)
	})
}

// proveUntouched refuses when anybody may have written to the old source since
// it was closed: what flows back would not be all that differs.
func (e *Env) proveUntouched(ctx context.Context) (note, error) {
	return nil, e.persist(ctx, "prove that the old source was left alone", func(ctx context.Context) error {
		if err := e.readFence(ctx, e.From, true); err != nil {
			return fmt.Errorf("the old source must still be closed to users: %w", err)
		}
		return e.Untouched(ctx, e.From, e.Store.Record().CleanSince)
	})
}

// clearMetadata removes what an undone reverse had put on the old source.
// CleanSince moves to now: the engine's own changes there are not a user's.
func (e *Env) clearMetadata(ctx context.Context) error {
	if err := e.Lease.Check(commandTime); err != nil {
		return err
	}
	if err := meta.Retire(ctx, e.From); err != nil {
		return err
	}
	at, err := e.From.AppendNote(ctx, "reverse undone")
	if err != nil {
		return err
	}
	return e.Store.Update(ctx, func(r *lifecycle.Record) { r.CleanSince = at })
}

func (e *Env) handOver(ctx context.Context) (note, error) {
	return nil, e.persist(ctx, "hand the metadata over", func(ctx context.Context) error {
		if err := e.Lease.Check(commandTime); err != nil {
			return err
		}
		return e.Next.HandOver(ctx)
	})
}

func (e *Env) relax(ctx context.Context) (note, error) {
	return nil, e.persist(ctx, "relax the new destination's collections", func(ctx context.Context) error {
		if err := e.Lease.Check(commandTime); err != nil {
			return err
		}
		return e.Next.Relax(ctx)
	})
}

func (e *Env) unrelax(ctx context.Context) error {
	if err := e.Lease.Check(commandTime); err != nil {
		return err
	}
	return e.Next.Unrelax(ctx)
}

// switchRecord is the point of no return: the record of the next epoch, with
// the mapping reversed, on the new destination. The old record is still there;
// the higher epoch wins at every start.
func (e *Env) switchRecord(ctx context.Context) (note, error) {
	next := nextEpoch(e.Store.Record())
	err := e.persist(ctx, "write the record of the next epoch", func(ctx context.Context) error {
		if err := e.Lease.Check(commandTime); err != nil {
			return err
		}
		return e.createOnce(ctx, next)
	})
	if err != nil {
		return nil, err
	}
	point.Hit("reverse.switch.moved")
	return nil, ErrMoved
}

// createOnce accepts a record of that epoch which an unanswered write has left.
func (e *Env) createOnce(ctx context.Context, next lifecycle.Record) error {
	at := e.From
	stored, err := meta.Load(ctx, at)
	switch {
	case err != nil:
		return err
	case stored != nil && stored.SyncID == next.SyncID && stored.Epoch == next.Epoch:
		return nil
	case stored != nil:
		return fmt.Errorf("%s holds a record of another sync or epoch (%s, epoch %d); nothing was switched", at.Name(), stored.SyncID, stored.Epoch)
	}
	_, err = meta.Create(ctx, at, next, e.Owner)
	return err
}

// nextEpoch is the record after a switch: same sync, same choices, the other
// direction, beginning at the reverse start point with nothing left to copy.
func nextEpoch(r lifecycle.Record) lifecycle.Record {
	next := lifecycle.Record{
		Format: r.Format, SyncID: r.SyncID, Epoch: r.Epoch + 1, Mapping: r.Mapping.Reversed(), Clusters: r.Clusters,
		State: lifecycle.Reversing, Step: lifecycle.ReversePlan.NoReturn, Options: r.Options,
		Position: r.ReversePoint, StartedAt: r.StartedAt, Accepted: r.Accepted,
	}
	next.Copy = lifecycle.CopyFacts{CollectionsCreated: true, Partitioned: true, DocumentsCopied: true, IndexesBuilt: true}
	return next
}

// retire removes the record of the old epoch. By now the mapping is the new
// one: the old destination is the source.
func (e *Env) retire(ctx context.Context) (note, error) {
	if err := e.Lease.Check(commandTime); err != nil {
		return nil, err
	}
	return nil, meta.Retire(ctx, e.From)
}
