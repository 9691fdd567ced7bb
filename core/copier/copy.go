package copier

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

const (
	// builders is how many collections have their indexes built at once.
	builders = 2
	// queued bounds the number of batches between readers and writers; what
	// bounds them in earnest is their bytes.
	queued = 64
)

// Copy copies every range that is not done, and builds the indexes of each
// collection whose ranges are. It returns nil when everything is there; soon
// after ctx has ended, its cause; and the first error that cannot be helped by
// trying again. In each case none of its goroutines is left. Ranges that were
// not finished are copied from their beginning by the next Copy.
func (j *Job) Copy(ctx context.Context) error {
	if err := j.copy(ctx); err != nil {
		return fmt.Errorf("collection copy: %w", err)
	}
	return nil
}

func (j *Job) copy(ctx context.Context) error {
	if err := j.prepare(); err != nil {
		return err
	}
	colls, err := j.plan(ctx)
	if err != nil {
		return err
	}
	return j.newRun(colls).all(ctx)
}

// run is one call of Copy.
type run struct {
	*Job
	parts    []*part // not done, in the order of copying
	taken    atomic.Int64
	batches  chan load
	room     *semaphore.Weighted // bytes of batches that were sent and not written yet
	finished chan *collection    // has room for every collection, so that sending never waits
}

// load is one batch on its way.
type load struct {
	*part
	batch *mdb.Batch
}

func (j *Job) newRun(colls []*collection) *run {
	r := &run{
		Job: j, batches: make(chan load, queued),
		room: semaphore.NewWeighted(j.Limits.HeldBytes), finished: make(chan *collection, len(colls)),
	}
	var copied int64
	for _, c := range colls {
		for _, p := range c.parts {
			copied += p.copied.Load()
			if !p.Done {
				r.parts = append(r.parts, p)
			}
		}
		if c.left.Load() == 0 {
			r.finished <- c
		}
	}
	j.copied.Store(copied)
	return r
}

func (r *run) all(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(r.finished) // readers and writers send; both are gone then
		return r.documents(ctx)
	})
	for range builders {
		group.Go(func() error { return r.build(ctx) })
	}
	return group.Wait()
}

func (r *run) documents(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(r.batches) // only readers send
		readers, ctx := errgroup.WithContext(ctx)
		for range r.Readers {
			readers.Go(func() error { return r.read(ctx) })
		}
		return readers.Wait()
	})
	for range r.Writers {
		group.Go(func() error { return r.write(ctx) })
	}
	return group.Wait()
}

// build is one builder.
func (r *run) build(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case c, more := <-r.finished:
			if !more {
				return nil
			}
			if err := r.buildIndexes(ctx, c); err != nil {
				return err
			}
		}
	}
}

func (r *run) buildIndexes(ctx context.Context, c *collection) error {
	if r.IndexWhen != lifecycle.AfterDataCopy || !c.indexesWanted() {
		return nil
	}
	err := r.retry(ctx, "build the indexes of "+c.NS.String(), func(ctx context.Context) error {
		return r.Catalog.BuildIndexes(ctx, c.Source)
	})
	if err == nil {
		point.Hit("copy.indexes.done")
	}
	return err
}

// release ends one of the things that p waits for. The last one records the
// range as done, and the last range passes its collection on.
func (r *run) release(ctx context.Context, p *part) error {
	if p.pending.Add(-1) > 0 {
		return nil
	}
	point.Hit("copy.range.copied")
	if err := r.recordDone(ctx, p.ID, p.copied.Load()); err != nil {
		return fmt.Errorf("%s: %w", p.of.NS, err)
	}
	point.Hit("copy.range.done")
	if p.of.left.Add(-1) == 0 {
		point.Hit("copy.collection.done")
		r.finished <- p.of
	}
	return nil
}

func (r *run) credit(p *part, bytes int64) {
	p.copied.Add(bytes)
	r.copied.Add(bytes)
}
