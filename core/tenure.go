package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/revsync/revsync/core/cutover"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/core/schema"
)

// tenure is the time in which this process owns a sync on one cluster.
type tenure struct {
	from, to *mdb.Cluster
	store    *meta.Store
	lease    *meta.Lease
	catalog  *schema.Catalog
}

// request is a command that wants to change the record. The loop stops the
// running job, carries it out, and looks at the record again.
type request struct {
	trigger lifecycle.Trigger
	do      func(ctx context.Context, t *tenure) error // t is nil in IDLE
	reply   chan error
}

// lookEvery is how often an idle process looks whether another one has begun a sync.
const lookEvery = 2 * time.Second

// idle waits for a start, of its own or of another process.
func (s *Syncer) idle(ctx context.Context) error {
	s.view.setIdle()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
			if s.begunElsewhere(ctx) {
				s.view.dropTenure()
				return nil
			}
		case r := <-s.requests:
			_, err := lifecycle.Next(lifecycle.Idle, r.trigger)
			if err == nil {
				err = r.do(ctx, nil)
			}
			if err == nil {
				s.starting = r.reply // answered when the state has changed
			} else {
				r.reply <- err
			}
			if r.trigger == lifecycle.Start {
				return nil // look again: also a start that failed may have left a record
			}
		}
	}
}

// answerStart answers a start that is waiting for the state to change.
func (s *Syncer) answerStart(err error) {
	if s.starting != nil {
		s.starting <- err
		s.starting = nil
	}
}

// begunElsewhere finds a record on either cluster. It does not wait for a cluster
// that does not answer: whether one does is seen by the pings.
func (s *Syncer) begunElsewhere(ctx context.Context) bool {
	bound, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	for _, c := range s.clusters {
		if r, err := meta.Load(bound, c); err == nil && r != nil {
			return true
		}
	}
	return false
}

// hold owns the sync of a found record until the record moves, is lost, or ctx ends.
func (s *Syncer) hold(ctx context.Context, f *found) error {
	t := &tenure{}
	t.from, t.to = s.ends(f.record.Mapping)
	if err := s.acquire(ctx, t); err != nil {
		return err
	}
	err := s.asOwner(ctx, t.lease, func(ctx context.Context) error {
		if err := s.take(ctx, t, f); err != nil {
			return err
		}
		s.answerStart(nil)
		if err := s.keepClosed(ctx, t); err != nil {
			return err
		}
		return s.work(ctx, t)
	})
	s.answerStart(err) // if it was not taken up at all
	s.faults.forget(pingFault(lifecycle.Cluster0), pingFault(lifecycle.Cluster1))
	if ctx.Err() != nil {
		s.release(ctx, t)
	}
	if errors.Is(err, cutover.ErrMoved) {
		return nil // progress goes on showing REVERSING until the new record is taken up
	}
	s.view.dropTenure()
	return err
}

// jobOver strikes out what went wrong with a job that has ended.
func (s *Syncer) jobOver() {
	s.faults.forget(leaseFault, pingFault(lifecycle.Cluster0), pingFault(lifecycle.Cluster1))
}

// take loads what belongs to the record, unless it is not the found one any more.
func (s *Syncer) take(ctx context.Context, t *tenure, f *found) error {
	return mdb.Retry(ctx, "load the sync", s.report, func(ctx context.Context) error {
		if err := errors.Join(t.from.SettleOthers(ctx), t.to.SettleOthers(ctx)); err != nil {
			return err
		}
		r, err := meta.Load(ctx, t.to)
		if err != nil {
			return err
		}
		if r == nil || r.SyncID != f.record.SyncID || r.Epoch != f.record.Epoch {
			return meta.ErrLost
		}
		// The first write as owner: from here on, a late write of an earlier owner
		// does not find the revision that it knows.
		t.store = meta.Attach(t.to, *r, s.owner)
		if err = t.store.Update(ctx, func(*lifecycle.Record) {}); err != nil {
			return err
		}
		if t.catalog, err = schema.OpenCatalog(ctx, t.to, r.Epoch); err != nil {
			return err
		}
		if r.Options.BuildIndexes == lifecycle.NeverBuild {
			t.catalog.NeverBuild()
		}
		s.view.setTenure(t)
		s.log.Info("took the sync up", "sync", r.SyncID, "epoch", r.Epoch, "state", string(r.State), "direction", r.Mapping.String())
		return nil
	})
}

// keepClosed makes sure that the destination is closed while it is being
// written: a start that was cut off, or an operator, may have left it open.
func (s *Syncer) keepClosed(ctx context.Context, t *tenure) error {
	r := t.store.Record()
	if r.State != lifecycle.Running && r.State != lifecycle.Paused || !r.Options.WriteBlocking.Destination() {
		return nil
	}
	return mdb.Retry(ctx, "close the destination to users", s.report, func(ctx context.Context) error {
		mode, err := t.to.FenceMode(ctx)
		if err != nil || mode == mdb.FenceOn {
			return err
		}
		s.log.Warn("the destination was open to users while it is being written; closing it", "cluster", t.to.Name())
		return t.to.Fence(ctx, true)
	})
}

// work does one job after another as the record asks for them, and lets
// commands change the record in between.
func (s *Syncer) work(ctx context.Context, t *tenure) error {
	for {
		if err := s.oneJob(ctx, t, s.begin(ctx, t)); err != nil {
			return err
		}
	}
}

// oneJob waits until the job ends or a command that the state allows ends it.
func (s *Syncer) oneJob(ctx context.Context, t *tenure, job *job) error {
	for {
		select {
		case err := <-job.done:
			return s.afterJob(ctx, t, job, err)
		case r := <-s.requests:
			if _, err := lifecycle.Next(t.store.Record().State, r.trigger); err != nil {
				r.reply <- err
				continue
			}
			job.stop()
			err := s.afterStop(ctx, <-job.done)
			if err == nil {
				err = r.do(ctx, t)
				r.reply <- err
				return nil
			}
			r.reply <- err
			return err
		}
	}
}

// afterStop forgets how a job ended that was stopped on purpose: what went wrong
// with it will go wrong again. Only the loss of the sync counts.
func (s *Syncer) afterStop(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, cutover.ErrMoved), isLoss(err):
		return err
	}
	s.jobOver()
	return nil
}

// afterJob decides what the end of a job means.
func (s *Syncer) afterJob(ctx context.Context, t *tenure, job *job, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		s.jobOver()
		return nil
	case errors.Is(err, cutover.ErrMoved), isLoss(err):
		return err
	case mdb.ClassOf(err) == mdb.Transient:
		s.report(string(job.kind), err)
		return pause(ctx, time.Second)
	}
	return s.fail(ctx, t, job, err)
}

// fail keeps a permanent error in the record, where the next start shows it,
// and ends Run with it.
func (s *Syncer) fail(ctx context.Context, t *tenure, job *job, err error) error {
	failure := &lifecycle.Failure{Message: fmt.Sprintf("%s: %v", job.kind, err), Since: time.Now().UTC(), Tries: 1, Fatal: true}
	if storeErr := t.store.Update(ctx, func(r *lifecycle.Record) { r.LastError = failure }); storeErr != nil {
		s.log.Warn("the error could not be kept in the record", "error", storeErr.Error())
	}
	return fmt.Errorf("%s: %w", job.kind, err)
}
