package copier

import (
	"context"

	"github.com/revsync/revsync/core/mdb"
)

// read is one reader: it takes one range after the other.
func (r *run) read(ctx context.Context) error {
	for {
		n := r.taken.Add(1) - 1
		if n >= int64(len(r.parts)) {
			return nil
		}
		if err := r.copyPart(ctx, r.parts[n]); err != nil {
			return err
		}
	}
}

func (r *run) copyPart(ctx context.Context, p *part) error {
	p.pending.Store(1)
	var err error
	if p.InOrder {
		err = r.copyInOrder(ctx, p)
	} else {
		err = r.send(ctx, p)
	}
	if err != nil {
		return err
	}
	return r.release(ctx, p)
}

// send reads a range and hands its batches to the writers.
func (r *run) send(ctx context.Context, p *part) error {
	s := newScan(r.source(p.of.Collection), p.Range)
	defer s.close(ctx)
	for {
		b, err := r.nextBatch(ctx, s)
		if err != nil || b == nil {
			return err
		}
		if r.room.Acquire(ctx, r.weight(b)) != nil {
			return context.Cause(ctx)
		}
		p.pending.Add(1)
		select {
		case r.batches <- load{p, b}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (r *run) nextBatch(ctx context.Context, s *scan) (b *mdb.Batch, err error) {
	err = r.retry(ctx, "read "+s.ns.String(), func(ctx context.Context) (err error) {
		b, err = s.next(ctx)
		return err
	})
	return b, err
}

// weight is what a batch takes of the room. One that is larger than all of it
// takes all of it, or it could never pass.
func (r *run) weight(b *mdb.Batch) int64 { return min(int64(b.Len()), r.Limits.HeldBytes) }
