package meta

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// The lease's times. A successor waits for the whole term; the owner renews
// well before and regards the lease as over a margin earlier than the server
// does, longer than any command that changes a fence or a schema may take.
const (
	leaseTerm  = 12 * time.Second
	renewEvery = 2 * time.Second
	margin     = 3 * time.Second
	leaseColl  = "lease"
)

// asleepMargin is how much earlier than its lease ends a process must be dead
// that did not even stop by itself.
const asleepMargin = 500 * time.Millisecond

// ErrNoLease means that this process may not act any more: it could not renew
// its lease in time.
var ErrNoLease = errors.New("the lease on the sync was lost: it could not be renewed in time")

// HeldError says who owns the lease now.
type HeldError struct {
	Owner Owner
	Left  time.Duration // until the lease runs out, by the server's clock
}

// Error names the owner and how long its lease still runs.
func (e *HeldError) Error() string {
	return fmt.Sprintf("another revsync process owns this sync (%s, pid %d, since %s); its lease runs for %s more unless it is renewed",
		e.Owner.Host, e.Owner.PID, e.Owner.Since.Format(time.RFC3339), e.Left.Round(100*time.Millisecond))
}

// Lease is the right of one process to act on a sync. Keep renews it.
type Lease struct {
	at    *mdb.Cluster
	owner Owner
	until atomic.Int64 // monotonic nanoseconds since start, by this process's clock
	start time.Time
	alive func(time.Duration) // told at each grant; nil tells nobody
}

// Watch has alive told at each grant, and now, after how long this process must
// not exist any more unless it is told again. Call it before Keep.
func (l *Lease) Watch(alive func(time.Duration)) {
	l.alive = alive
	l.tellAlive()
}

func (l *Lease) tellAlive() {
	if l.alive != nil {
		l.alive(l.Left() + margin - asleepMargin)
	}
}

// Acquire takes the lease on the cluster's metadata, or answers *HeldError. The
// server's clock decides whether another owner's term is over, so clocks of
// clients do not matter. An owner on this machine that is known to be dead is
// followed at once, and then followed is true: a server may still be working on
// its last commands.
func Acquire(ctx context.Context, at *mdb.Cluster, owner Owner) (l *Lease, followed bool, err error) {
	l = &Lease{at: at, owner: owner, start: time.Now()}
	err = l.take(ctx, nil)
	if mdb.HasCode(err, mdb.CodeDuplicateKey) { // two processes made the document at once: now it is there
		err = l.take(ctx, nil)
	}
	held, isHeld := errors.AsType[*HeldError](err)
	if isHeld && held.Owner.deadHere() {
		err, followed = l.take(ctx, &held.Owner), true
	}
	if err != nil {
		return nil, false, err
	}
	return l, followed, nil
}

// take asks for the lease in one atomic step: it is given when it is free, ours,
// run out, or held by dead. Either way the answer is the lease as it is now.
func (l *Lease) take(ctx context.Context, dead *Owner) error {
	asked := time.Since(l.start)
	reply, err := l.at.Run(ctx, mdb.MetadataDB, bson.D{
		{Key: "findAndModify", Value: leaseColl},
		{Key: "query", Value: bson.D{{Key: "_id", Value: leaseColl}}},
		{Key: "update", Value: bson.A{bson.D{{Key: "$replaceWith", Value: bson.D{{Key: "$mergeObjects", Value: bson.A{
			"$$ROOT", bson.D{{Key: "askedAt", Value: "$$NOW"}}, l.grant(dead)}}}}}}},
		{Key: "upsert", Value: true}, {Key: "new", Value: true},
		{Key: "writeConcern", Value: mdb.MajorityWrite},
	})
	if err != nil {
		return fmt.Errorf("take the lease: %w", err)
	}
	if err := mdb.ConcernError(reply); err != nil {
		return fmt.Errorf("%s: take the lease: %w", l.at.Name(), err)
	}
	return l.read(reply, asked)
}

// grant is the expression that names the new owner if the lease may be taken,
// and changes nothing otherwise.
func (l *Lease) grant(dead *Owner) bson.D {
	who := bson.A{l.owner.ID}
	if dead != nil {
		who = append(who, dead.ID)
	}
	free := bson.A{
		bson.D{{Key: "$eq", Value: bson.A{bson.D{{Key: "$type", Value: "$owner.id"}}, "missing"}}},
		bson.D{{Key: "$in", Value: bson.A{"$owner.id", who}}},
		bson.D{{Key: "$lt", Value: bson.A{"$expiresAt", "$$NOW"}}},
	}
	return bson.D{{Key: "$cond", Value: bson.A{bson.D{{Key: "$or", Value: free}}, bson.D{
		{Key: "owner", Value: bson.D{{Key: "$literal", Value: l.owner}}},
		{Key: "expiresAt", Value: bson.D{{Key: "$add", Value: bson.A{"$$NOW", leaseTerm.Milliseconds()}}}},
	}, bson.D{}}}}
}

// read finds out from the lease as it is now whether it is ours.
func (l *Lease) read(reply bson.Raw, asked time.Duration) error {
	var now struct {
		Value struct {
			Owner     Owner     `bson:"owner"`
			ExpiresAt time.Time `bson:"expiresAt"`
			AskedAt   time.Time `bson:"askedAt"`
		} `bson:"value"`
	}
	if err := bson.Unmarshal(reply, &now); err != nil {
		return fmt.Errorf("%s: the lease in %s.%s cannot be read: %w", l.at.Name(), mdb.MetadataDB, leaseColl, err)
	}
	if now.Value.Owner.ID != l.owner.ID {
		return &HeldError{Owner: now.Value.Owner, Left: now.Value.ExpiresAt.Sub(now.Value.AskedAt)}
	}
	l.until.Store(int64(asked + leaseTerm - margin))
	l.tellAlive()
	return nil
}

// Left is how long this process may still act without another renewal.
func (l *Lease) Left() time.Duration {
	return time.Duration(l.until.Load()) - time.Since(l.start)
}

// Check refuses with ErrNoLease when less than need is left. Ask it before each
// command that opens or closes a side or changes a schema.
func (l *Lease) Check(need time.Duration) error {
	if l.Left() < need {
		return ErrNoLease
	}
	return nil
}

// Keep renews the lease until ctx ends, and answers an error as soon as the
// process may not act any more. It reports failures that are not final yet.
func (l *Lease) Keep(ctx context.Context, report mdb.Report) error {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		over := time.NewTimer(l.Left())
		select {
		case <-ctx.Done():
			over.Stop()
			return context.Cause(ctx)
		case <-over.C:
			return ErrNoLease
		case <-tick.C:
		}
		over.Stop()
		if err := l.renew(ctx, report); err != nil {
			return err
		}
	}
}

func (l *Lease) renew(ctx context.Context, report mdb.Report) error {
	bound, cancel := context.WithTimeout(ctx, l.Left())
	defer cancel()
	err := l.take(bound, nil)
	if errors.As(err, new(*HeldError)) {
		return fmt.Errorf("%w: %w", ErrNoLease, err)
	}
	if ctx.Err() == nil {
		report("renew the lease", err)
	}
	return nil // the term decides: Keep ends when nothing is left
}

// Release gives the lease back, so that a successor need not wait.
func (l *Lease) Release(ctx context.Context) error {
	_, err := l.at.Run(ctx, mdb.MetadataDB, bson.D{
		{Key: "delete", Value: leaseColl},
		{Key: "deletes", Value: bson.A{bson.D{
			{Key: "q", Value: bson.D{{Key: "_id", Value: leaseColl}, {Key: "owner.id", Value: l.owner.ID}}}, {Key: "limit", Value: 1}}}},
	})
	if err != nil {
		return fmt.Errorf("release the lease: %w", err)
	}
	return nil
}
