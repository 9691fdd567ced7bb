package core

import (
	"context"
	"fmt"
	"time"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/mdb"
)

// repairLoop carries out repairs, one at a time, until ctx ends. A repair that
// is cut off leaves nothing that the next one does not find.
func (s *Syncer) repairLoop(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case job := <-s.repairs.jobs:
			s.repair(ctx, job)
		}
	}
}

// repair has taken over the lock that keeps other commands out.
func (s *Syncer) repair(ctx context.Context, job repairJob) {
	defer s.command.Unlock()
	failed := 0
	for i, r := range job.todo {
		s.log.Info("making a unique index anew", "cluster", job.on.Name(), "namespace", r.NS.String(), "index", r.Name)
		set := func(state RepairState, step, failure string) {
			s.editRepair(func(r *Repair) {
				r.Indexes[i].State, r.Indexes[i].Step, r.Indexes[i].Error = state, step, failure
			})
		}
		what := "make index " + r.Name + " of " + r.NS.String() + " anew"
		err := mdb.Retry(ctx, what, s.report, func(ctx context.Context) error {
			return r.Do(ctx, func(step string) { set(RepairUnderWay, step, "") })
		})
		s.faults.forget(what) // from here on the repair itself tells
		if err != nil {
			failed++
			set(RepairFailed, "", mdb.ErrorText(err))
			continue
		}
		set(RepairDone, "", "")
	}
	err := s.provenWhole(ctx, job.on)
	s.editRepair(func(r *Repair) {
		r.Running, r.EndedAt, r.Error = false, time.Now().UTC(), ""
		if err != nil {
			r.Error = mdb.ErrorText(err)
		}
	})
	s.log.Info("repair of unique indexes ended", "cluster", job.on.Name(), "indexes", len(job.todo), "failed", failed, "proven", err == nil)
}

// catchUp is how long members that were not needed for a majority have to come after.
const catchUp = 30 * time.Second

// provenWhole asks every member again.
func (s *Syncer) provenWhole(ctx context.Context, c *mdb.Cluster) error {
	ctx, cancel := context.WithTimeoutCause(ctx, catchUp+facts.IndexTime, fmt.Errorf("not finished within %s", catchUp+facts.IndexTime))
	defer cancel()
	for began := time.Now(); ; {
		found, err := facts.UniqueIndexesOf(ctx, c, nil)
		if err != nil {
			return fmt.Errorf("ask the members of %s again: %w", c.Name(), err)
		}
		why, _, unasked := suspicions(found)
		switch {
		case unasked == nil && len(why) == 0:
			return nil
		case time.Since(began) < catchUp:
			if err := pause(ctx, time.Second); err != nil {
				return err
			}
			continue
		case unasked != nil:
			return unasked
		}
		for id, text := range why {
			return fmt.Errorf("%d indexes are still not known to be whole, for example %q: %s", len(why), id, text)
		}
	}
}
