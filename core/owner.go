package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/internal/deadman"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
)

// settleTime is how long a new owner waits before its first command after it
// has followed an owner that died: commands of the dead one that a server was
// still working on are over by then, because its connections are closed.
const settleTime = time.Second

// leaseFault is the name of a failed renewal in the book of faults.
const leaseFault = "renew the lease"

var errOwnerDone = errors.New("the work as owner is over")

// asOwner keeps the lease while do works. Do is cancelled when the lease is lost
// (ErrAbandoned), and every command of its that would change something asks the
// lease first. A process that is suspended in spite of that between the question
// and the command does not wake up: the kernel ends it before another process can
// have the lease.
func (s *Syncer) asOwner(ctx context.Context, lease *meta.Lease, do func(context.Context) error) error {
	defer s.obey(nil)
	s.obey(lease)
	group, inner := errgroup.WithContext(ctx)
	inner, stop := context.WithCancelCause(inner)
	group.Go(func() error {
		err := lease.Keep(inner, func(_ string, err error) { s.report(leaseFault, err) })
		if errors.Is(err, meta.ErrNoLease) {
			stop(fmt.Errorf("%w: %w", applier.ErrAbandoned, err)) // whoever is writing stops at once
		}
		return nil
	})
	group.Go(func() error {
		defer stop(errOwnerDone)
		return do(inner)
	})
	return group.Wait()
}

// obey has every command that changes something on either cluster ask the lease
// first, and the kernel watch whether it is renewed; with nil, neither.
func (s *Syncer) obey(l *meta.Lease) {
	var may func() error
	if l != nil {
		may = func() error { return l.Check(0) }
		l.Watch(s.stayAlive)
	} else {
		s.sleepWell()
	}
	for _, c := range s.clusters {
		c.Guard(may)
	}
}

// newDeadman makes the kernel's timer, if the options ask for it and the
// operating system has one.
func (s *Syncer) newDeadman() error {
	if !s.opts.KillWhenSuspended {
		return nil
	}
	sw, err := deadman.New()
	if errors.Is(err, deadman.ErrUnsupported) {
		s.log.Warn("a suspended process cannot be ended here; never suspend this process, or start another one, without ending it first", "error", err.Error())
		return nil
	}
	s.deadman = sw
	return err
}

func (s *Syncer) stayAlive(d time.Duration) {
	if s.deadman == nil {
		return
	}
	if err := s.deadman.Arm(d); err != nil {
		s.log.Error("this process would not be ended if it were suspended", "error", err.Error())
	}
}

func (s *Syncer) sleepWell() {
	if s.deadman == nil {
		return
	}
	if err := s.deadman.Disarm(); err != nil {
		s.log.Error("this process will be ended although it does not own the sync", "error", err.Error())
	}
}

// acquire waits until no other process has the lease; meanwhile the state is
// INITIALIZING and progress names the owner.
func (s *Syncer) acquire(ctx context.Context, t *tenure) error {
	for {
		lease, followed, err := meta.Acquire(ctx, t.to, s.owner)
		held := errors.As(err, new(*meta.HeldError))
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			s.report("own the sync", nil)
			t.lease = lease
			if followed {
				return pause(ctx, settleTime)
			}
			return nil
		case !held && mdb.ClassOf(err) != mdb.Transient:
			return err
		}
		s.report("own the sync", err)
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// release gives the lease back on a clean stop, so that the next life need not
// wait for it to run out.
func (s *Syncer) release(ctx context.Context, t *tenure) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := t.lease.Release(ctx); err != nil {
		s.log.Warn("the lease was not given back and will run out by itself", "error", err.Error())
	}
}
