package applier

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// OpenPosition answers the position at which a stream of c starts at a time:
// before every event of that very time. It reads once from there, so that a
// position whose history the oplog no longer holds is an error now and not when
// it is needed.
func OpenPosition(ctx context.Context, c *mdb.Cluster, at lifecycle.OpTime) (lifecycle.Position, error) {
	from := lifecycle.Position{Time: at}
	cursor, err := openStream(ctx, c, from, plainly, hurryAwait)
	if err != nil {
		return lifecycle.Position{}, streamError(from, err)
	}
	defer cursor.Close(ctx)
	first, err := cursor.Next(ctx)
	if err == nil {
		_, err = cursor.Next(ctx)
	}
	if err != nil && (first == nil || !tooLarge(err)) { // a large event is there to be read, see guard
		return lifecycle.Position{}, streamError(from, err)
	}
	return positionOf(first.ResumeToken)
}

// Events calls f with each change event of user data of c that lies behind from (or, for a
// position without a token, at its time or later) and not after until. It reads
// raw events of every kind, also those that Run would refuse; the bytes may be
// kept. It waits out transient faults, writes a note into c's oplog so as not to
// wait for anybody else's write, and ends with nil when nothing up to until can
// still come.
func Events(ctx context.Context, c *mdb.Cluster, from lifecycle.Position, until lifecycle.OpTime, f func(event bson.Raw) error) error {
	s := &stream{cluster: c, at: from, await: hurryAwait, report: mdb.Quiet}
	defer s.drop(ctx)
	if err := hurry(ctx, s); err != nil {
		return err
	}
	for {
		b, err := s.next(ctx)
		if err != nil {
			return err
		}
		err = b.Each(func(doc bson.Raw) error { return offer(doc, until, f) })
		switch {
		case errors.Is(err, errReached):
			return nil
		case err != nil:
			return err
		case until.Before(s.at.Time):
			return nil
		}
	}
}

// offer passes an event of a user namespace on, or answers errReached for an
// event that is too late.
func offer(doc bson.Raw, until lifecycle.OpTime, f func(bson.Raw) error) error {
	t, i, ok := doc.Lookup("clusterTime").TimestampOK()
	if !ok {
		return fmt.Errorf("a change event without clusterTime")
	}
	if until.Before(lifecycle.OpTime{T: t, I: i}) {
		return errReached
	}
	if ns, _ := field(doc, "ns"); !namespaceOf(documentOf(ns)).User() {
		return nil
	}
	return f(doc)
}
