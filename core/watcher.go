package core

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// The watcher's rhythms.
const (
	clockEvery    = 250 * time.Millisecond
	pingEvery     = 2 * time.Second
	windowEvery   = 10 * time.Second
	standstillFor = 8 * time.Second // after it, progress says that nothing moves
)

// watcher asks both clusters how they are, independently of the work, so that
// progress can tell a fault even while a command hangs.
type watcher struct {
	mu     sync.Mutex
	ping   map[lifecycle.ClusterID]time.Duration // negative: the last one failed
	window map[lifecycle.ClusterID]mdb.Window
	lag    lagMeter
	moved  time.Time // when the work was last seen to move
	mark   string    // what was seen then
	failed []string  // indexes that could not be built
}

// observe runs until ctx ends; faults of the clusters are its findings, not its errors.
func (s *Syncer) observe(ctx context.Context) error {
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return every(inner, clockEvery, s.readClock) })
	for _, id := range []lifecycle.ClusterID{lifecycle.Cluster0, lifecycle.Cluster1} {
		group.Go(func() error { return every(inner, pingEvery, func(ctx context.Context) { s.pingOne(ctx, id) }) })
		group.Go(func() error { return every(inner, windowEvery, func(ctx context.Context) { s.readWindow(ctx, id) }) })
	}
	return group.Wait()
}

func every(ctx context.Context, d time.Duration, do func(context.Context)) error {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// pingFault is the name of a failed ping in the book of faults.
func pingFault(id lifecycle.ClusterID) string { return "ping " + string(id) }

func (s *Syncer) pingOne(ctx context.Context, id lifecycle.ClusterID) {
	took, err := s.cluster(id).Ping(ctx)
	if ctx.Err() != nil {
		return
	}
	s.report(pingFault(id), err)
	if err != nil {
		took = -1
	}
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	if s.watch.ping == nil {
		s.watch.ping = map[lifecycle.ClusterID]time.Duration{}
	}
	s.watch.ping[id] = took
}

func (s *Syncer) readWindow(ctx context.Context, id lifecycle.ClusterID) {
	bound, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	w, err := s.cluster(id).OplogWindow(bound)
	if err != nil {
		return // the pings tell whether the cluster is there
	}
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	if s.watch.window == nil {
		s.watch.window = map[lifecycle.ClusterID]mdb.Window{}
	}
	s.watch.window[id] = w
}

// readClock samples how far source and work have come.
func (s *Syncer) readClock(ctx context.Context) {
	g := s.view.look()
	if g.tenure == nil {
		return
	}
	bound, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	source, err := g.tenure.from.MajorityTime(bound)
	applied, failed := g.appliedTime(), g.tenure.catalog.FailedIndexes()
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	if err == nil {
		s.watch.lag.sample(g.record.Epoch, source, time.Now())
	}
	s.watch.lag.applied(applied, time.Now())
	s.watch.failed = failed
	if s.watch.see(g.mark()) {
		s.report(string(g.job), nil) // a job that failed and was begun again is getting on
	}
}

// see notes whether the work has moved since the last look.
func (w *watcher) see(mark string) (moved bool) {
	moved = mark != w.mark || w.moved.IsZero()
	if moved {
		w.mark, w.moved = mark, time.Now()
	}
	return moved
}

// mark is anything that changes when the running job gets on.
func (g glimpse) mark() string {
	var copied int64
	built := 0
	if g.copy != nil {
		copied = g.copy.Copied()
	}
	if g.job == lifecycle.JobCopy {
		built, _, _, _ = g.tenure.catalog.IndexCounts()
	}
	return fmt.Sprint(g.job, g.record.State, g.record.Step, g.record.Undo, g.appliedTime(), copied, built)
}

// appliedTime is the cluster time up to which everything is applied.
func (g glimpse) appliedTime() lifecycle.OpTime {
	if g.applier != nil {
		if t := g.applier.Status().Applied; !t.IsZero() {
			return t
		}
	}
	return g.record.Position.Time
}

// standstill is the fault of work that does not move although no call fails.
func (w *watcher) standstill(g glimpse) *lifecycle.Failure {
	busy := g.job == lifecycle.JobCopy || g.job == lifecycle.JobApply && w.lag.behind()
	if !busy || w.moved.IsZero() || time.Since(w.moved) < standstillFor {
		return nil
	}
	return &lifecycle.Failure{Since: w.moved.UTC(), Tries: 1,
		Message: fmt.Sprintf("%s: nothing has moved for %s and no call has failed; a server may be busy with one long operation (db.currentOp on the destination shows it)", g.job, time.Since(w.moved).Round(time.Second))}
}
