package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/internal/deadman"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
)

// Syncer is one engine: it connects two clusters, carries out the commands it
// is given, and takes up by itself whatever an earlier life left unfinished.
// Make it with New, give it one Run, and call its commands from any goroutine.
type Syncer struct {
	opts     Options
	owner    meta.Owner
	log      *slog.Logger
	clusters map[lifecycle.ClusterID]*mdb.Cluster
	requests chan request
	starting chan<- error // of a start whose record is written; for the loop only
	command  sync.Mutex   // held by the one command that is being carried out
	startID  string       // of the sync that a refused start would have begun: its hooks know by it that they are called again
	faults   faultBook
	watch    watcher
	view     view
	repairs  repairs
	deadman  *deadman.Switch // nil: nobody ends this process when it is suspended
}

// New checks the options and prepares the connections; no server is contacted
// before Run.
func New(o Options) (*Syncer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	s := &Syncer{opts: o, owner: meta.NewOwner(), log: o.Logger, requests: make(chan request),
		clusters: map[lifecycle.ClusterID]*mdb.Cluster{}}
	for id, uri := range map[lifecycle.ClusterID]string{lifecycle.Cluster0: o.Cluster0, lifecycle.Cluster1: o.Cluster1} {
		c, err := mdb.Connect(string(id), uri)
		if err != nil {
			return nil, err
		}
		s.clusters[id] = c
	}
	s.faults.log = s.log
	s.repairs.jobs = make(chan repairJob)
	return s, s.newDeadman()
}

// Run works until ctx ends, which is the clean way to stop it (nil), or until
// an error that trying again cannot cure. In both cases the record says where
// to go on, and the next Run does. It must be called once.
func (s *Syncer) Run(ctx context.Context) error {
	defer s.close()
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := s.connect(inner); err != nil {
			return err
		}
		group.Go(func() error { return s.observe(inner) })
		group.Go(func() error { return s.repairLoop(inner) })
		return s.loop(inner)
	})
	err := group.Wait()
	if ctx.Err() != nil {
		s.log.Info("stopped", "because", context.Cause(ctx).Error())
		return nil
	}
	return err
}

func (s *Syncer) close() {
	if s.deadman != nil {
		s.deadman.Close()
	}
	var group sync.WaitGroup
	for _, c := range s.clusters {
		group.Go(c.Close)
	}
	group.Wait()
}

// loop owns the record: it finds it, works on it as its owner, and looks again
// when it has moved, was lost to another owner, or was written for the first time.
func (s *Syncer) loop(ctx context.Context) error {
	defer s.answerStart(errors.New("this process stops; the sync has begun and is taken up by the next one"))
	for {
		err := s.once(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
		case isLoss(err):
			s.report("own the sync", err)
		default:
			s.log.Error("the sync stops", "error", err.Error())
			return err
		}
	}
}

func (s *Syncer) once(ctx context.Context) error {
	found, err := s.findRecord(ctx)
	switch {
	case err != nil:
		return err
	case found == nil:
		s.answerStart(errors.New("the record of the sync that has just begun is gone; who dropped it?"))
		return s.idle(ctx)
	}
	return s.hold(ctx, found)
}

// isLoss reports that this process must not act now but may own the sync again later.
func isLoss(err error) bool {
	return errors.Is(err, meta.ErrNoLease) || errors.Is(err, meta.ErrLost) || errors.Is(err, applier.ErrAbandoned)
}

// report is the engine's mdb.Report: failures are shown in progress from the
// first try and cleared by the next success of the same call.
func (s *Syncer) report(what string, err error) { s.faults.report(what, err) }

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

func (s *Syncer) cluster(id lifecycle.ClusterID) *mdb.Cluster { return s.clusters[id] }

func (s *Syncer) ends(m lifecycle.Mapping) (from, to *mdb.Cluster) {
	return s.cluster(m.Source), s.cluster(m.Destination)
}

var errNotConnected = fmt.Errorf("not connected to both clusters yet, or another process owns the sync; GET /api/v1/progress says which")
