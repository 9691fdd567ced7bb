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
}

// Acquire takes the lease on the cluster's metadata, or answers *HeldError. The
// server's clock decides whether another owner's term is over, so clocks of
// clients do not matter. An owner on this machine that is known to be dead is
// followed at once, and then followed is true: a server may still be working on
// its last commands.
func Acquire(ctx context.Context, at *mdb.Cluster, owner Owner) (l *Lease, followed bool, err error) {
	l = &Lease{at: at, owner: owner, start: time.Now()}
	err = l.take(ctx, nil)
	held, isHeld := errors.AsType[*HeldError](err)
	if isHeld && held.Owner.deadHere() {
		err, followed = l.take(ctx, &held.Owner), true
	}
	if err != nil {
		return nil, false, err
	}
	return l, followed, nil
}

// take writes the lease if it is free, ours, run out, or held by dead.
func (l *Lease) take(ctx context.Context, dead *Owner) error {
	asked := time.Since(l.start)
	who := bson.A{l.owner.ID}
	if dead != nil {
		who = append(who, dead.ID)
	}
	reply, err := l.at.Run(ctx, mdb.MetadataDB, bson.D{
		{Key: "findAndModify", Value: leaseColl},
		{Key: "query", Value: bson.D{{Key: "_id", Value: leaseColl}, {Key: "$expr", Value: bson.D{{Key: "$or", Value: bson.A{
			bson.D{{Key: "$in", Value: bson.A{"$owner.id", who}}},
			bson.D{{Key: "$lt", Value: bson.A{"$expiresAt", "$$NOW"}}},
		}}}}}},
		{Key: "update", Value: bson.A{bson.D{{Key: "$set", Value: bson.D{
			{Key: "owner", Value: bson.D{{Key: "$literal", Value: l.owner}}},
			{Key: "expiresAt", Value: bson.D{{Key: "$add", Value: bson.A{"$$NOW", leaseTerm.Milliseconds()}}}},
		}}}}},
		{Key: "upsert", Value: true}, {Key: "new", Value: true},
		{Key: "writeConcern", Value: mdb.MajorityWrite},
	})
	switch {
	case mdb.HasCode(err, mdb.CodeDuplicateKey): // the document is there and is not ours to take
		return l.holder(ctx)
	case err != nil:
		return fmt.Errorf("take the lease: %w", err)
	}
	if _, bad := reply.Lookup("writeConcernError").DocumentOK(); bad {
		return fmt.Errorf("%s: take the lease: not confirmed by a majority", l.at.Name())
	}
	l.until.Store(int64(asked + leaseTerm - margin))
	return nil
}

// holder reads who has the lease.
func (l *Lease) holder(ctx context.Context) error {
	docs, err := l.at.All(ctx, mdb.MetadataDB, bson.D{
		{Key: "aggregate", Value: leaseColl}, {Key: "cursor", Value: bson.D{}},
		{Key: "pipeline", Value: bson.A{bson.D{{Key: "$set", Value: bson.D{
			{Key: "leftMillis", Value: bson.D{{Key: "$subtract", Value: bson.A{"$expiresAt", "$$NOW"}}}}}}}}},
	})
	if err != nil {
		return fmt.Errorf("read the lease: %w", err)
	}
	if len(docs) == 0 {
		return &HeldError{}
	}
	var held struct {
		Owner      Owner `bson:"owner"`
		LeftMillis int64 `bson:"leftMillis"`
	}
	if err := bson.Unmarshal(docs[0], &held); err != nil {
		return fmt.Errorf("%s: the lease in %s.%s cannot be read: %w", l.at.Name(), mdb.MetadataDB, leaseColl, err)
	}
	return &HeldError{Owner: held.Owner, Left: time.Duration(held.LeftMillis) * time.Millisecond}
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
