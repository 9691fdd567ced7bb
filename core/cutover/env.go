package cutover

import (
	"context"
	"fmt"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
)

// Catalog is what the plans need of the collections of the running epoch on
// the destination; see package schema for what each call promises.
type Catalog interface {
	Restore(ctx context.Context) error
	RelaxAgain(ctx context.Context) error
	EnforceUnique(ctx context.Context) error
}

// NextCatalog is what a reverse needs of the collections of the epoch to come,
// on the cluster that will be the destination.
type NextCatalog interface {
	HandOver(ctx context.Context) error
	Relax(ctx context.Context) error
	Unrelax(ctx context.Context) error
}

// Env is what the steps of one plan work with. From and To are source and
// destination of the running direction.
type Env struct {
	From, To *mdb.Cluster
	Store    *meta.Store
	Lease    *meta.Lease
	Owner    meta.Owner // this life of this process
	Catalog  Catalog
	Next     NextCatalog
	// Drain returns when every change up to the time is applied on To,
	// acknowledged by a majority, and the position recorded.
	Drain func(ctx context.Context, until lifecycle.OpTime) error
	// OpenPosition opens a change stream at a time and answers where it stands.
	OpenPosition func(ctx context.Context, c *mdb.Cluster, at lifecycle.OpTime) (lifecycle.Position, error)
	// Reachable proves that a change stream can still be resumed at a position.
	Reachable func(ctx context.Context, c *mdb.Cluster, at lifecycle.Position) error
	// Untouched proves that nobody wrote to a cluster after since, up to now. It
	// fails when somebody did, and when that cannot be known.
	Untouched func(ctx context.Context, c *mdb.Cluster, since lifecycle.OpTime) error
	// Reveal has a cluster show the views that it has lost sight of; see schema.RevealViews.
	Reveal func(ctx context.Context, c *mdb.Cluster) error
	Report mdb.Report
	Notice func(text string) // what the plan is waiting for, for progress; "" when nothing
}

// commandTime is how much of the lease must be left before a command that opens
// or closes a side is sent: longer than that command can take.
const commandTime = 2 * time.Second

// closeTo is setFence(on) that gives up when an open transaction has held it
// back for a while: shorter than the patience of a step, so that the reason of
// the undo names it.
func (e *Env) closeTo(ctx context.Context, c *mdb.Cluster) error {
	most := patience - patience/6
	bound, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf(
		"users' writes to %s could not be blocked within %s: an open transaction that wrote holds the block back; end it (db.currentOp shows it) and send the command again", c.Name(), most))
	defer cancel()
	return e.setFence(bound, c, true)
}

// open lets users write to a cluster. What hides views there is a write block, so
// after the opening nothing can hide them again; they are looked for before it as
// well, so that users do not see them missing.
func (e *Env) open(ctx context.Context, c *mdb.Cluster) error {
	e.reveal(ctx, c)
	if err := e.setFence(ctx, c, false); err != nil {
		return err
	}
	e.reveal(ctx, c)
	return nil
}

// reveal only reports what cannot be helped: no view is lost, and to stay closed would be worse.
func (e *Env) reveal(ctx context.Context, c *mdb.Cluster) {
	_ = e.persist(ctx, "show the views of "+c.Name(), func(ctx context.Context) error {
		if err := e.Lease.Check(commandTime); err != nil {
			return err
		}
		return e.Reveal(ctx, c)
	})
}

// setFence turns a cluster's user write block on or off and reads it back. It
// tries for as long as ctx lets it.
func (e *Env) setFence(ctx context.Context, c *mdb.Cluster, on bool) error {
	defer e.Notice("")
	return mdb.Retry(ctx, "set the user write block of "+c.Name(), e.fenceReport(c, on), func(ctx context.Context) error {
		if err := e.Lease.Check(commandTime); err != nil {
			return err
		}
		if err := c.Fence(ctx, on); err != nil {
			return err
		}
		return e.readFence(ctx, c, on)
	})
}

// fenceReport turns "time expired" into a notice: it is the expected answer
// while a transaction is open, not a fault.
func (e *Env) fenceReport(c *mdb.Cluster, on bool) mdb.Report {
	return func(what string, err error) {
		if !mdb.HasCode(err, mdb.CodeMaxTimeExpired) {
			e.Report(what, err)
			return
		}
		verb := "opening"
		if on {
			verb = "fencing"
		}
		e.Notice(fmt.Sprintf("%s %s: an open transaction holds the user write block back; trying again until it ends", verb, c.Name()))
	}
}

func (e *Env) readFence(ctx context.Context, c *mdb.Cluster, on bool) error {
	mode, err := c.FenceMode(ctx)
	if err != nil {
		return err
	}
	if on != (mode == mdb.FenceOn) {
		return fmt.Errorf("the user write block of %s reads %d after it was set to %v", c.Name(), mode, on)
	}
	return nil
}

// persist repeats a call whose failure is about the moment.
func (e *Env) persist(ctx context.Context, what string, do func(context.Context) error) error {
	return mdb.Retry(ctx, what, e.Report, do)
}
