package applier

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// readWhat names the reading of the stream in reports.
const readWhat = "read the change stream"

// stream reads a cluster's change stream reply by reply and opens it again, from
// where it was, for as long as the faults are transient. It is for one
// goroutine, which closes it.
type stream struct {
	cluster *mdb.Cluster
	at      lifecycle.Position // behind what next has answered so far
	await   time.Duration
	report  mdb.Report
	cursor  *mdb.Cursor
	care    care
	passed  int  // events read with that care
	careful bool // how the newest reply was read
}

// pipeline is the aggregation of the stream. Two options are not the usual
// ones: the delta as the oplog has it (exact for every field name and for
// arrays, where updateDescription is ambiguous), and migration events, which on
// a replica set are only the inserts that convertToCapped and
// cloneCollectionAsCapped make and that no stream shows otherwise.
//
// No $match follows. A stream of a whole cluster leaves out admin, config and
// local by itself, what else is no user's is rare, and matching is dear: on
// 6.0.5 an event costs the source 9 us, 2 us more with a list of four database
// names to leave out, and 35 us more with regular expressions for the rest.
func pipeline(at lifecycle.Position, c care) bson.A {
	options := bson.D{
		{Key: "allChangesForCluster", Value: true},
		{Key: "showExpandedEvents", Value: true},
		{Key: "showRawUpdateDescription", Value: true},
		{Key: "showMigrationEvents", Value: true},
	}
	if len(at.Token) > 0 {
		options = append(options, bson.E{Key: "resumeAfter", Value: bson.Raw(at.Token)})
	} else {
		options = append(options, bson.E{Key: "startAtOperationTime", Value: mdb.Timestamp(at.Time)})
	}
	stages := bson.A{bson.D{{Key: "$changeStream", Value: options}}}
	if c != plainly {
		stages = append(stages, guard()...)
	}
	return stages
}

func openStream(ctx context.Context, c *mdb.Cluster, at lifecycle.Position, how care, await time.Duration) (*mdb.Cursor, error) {
	return c.Open(ctx, "admin", bson.D{
		{Key: "aggregate", Value: 1},
		{Key: "pipeline", Value: pipeline(at, how)},
		{Key: "cursor", Value: bson.D{{Key: "batchSize", Value: 0}}},
		{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}},
	}, how.batchSize(), await)
}

// next answers the next reply, which may be empty. It ends with a permanent
// error or with the cause of ctx.
func (s *stream) next(ctx context.Context) (*mdb.Batch, error) {
	if s.cursor != nil {
		b, err := s.cursor.Next(ctx)
		if err == nil {
			return b, s.advance(ctx, b)
		}
		s.drop(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case tooLarge(err) && s.tighten():
			return s.reopen(ctx)
		case mdb.ClassOf(err) != mdb.Transient:
			return nil, streamError(s.at, err)
		}
		s.report(readWhat, err)
	}
	return s.reopen(ctx)
}

// reopen counts as done only when a reply with events could be read: a source
// that opens streams but cannot serve them is waited for, with pauses.
func (s *stream) reopen(ctx context.Context) (*mdb.Batch, error) {
	var b *mdb.Batch
	err := mdb.Retry(ctx, readWhat, s.report, func(ctx context.Context) (err error) {
		b, err = s.open(ctx)
		for tooLarge(err) && s.tighten() {
			b, err = s.open(ctx)
		}
		return err
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, streamError(s.at, err)
	}
	return b, s.advance(ctx, b)
}

// open opens the stream where it was and answers its first reply with events.
func (s *stream) open(ctx context.Context) (*mdb.Batch, error) {
	s.drop(ctx)
	cursor, err := openStream(ctx, s.cluster, s.at, s.care, s.await)
	if err != nil {
		return nil, err
	}
	s.cursor = cursor
	if _, err = cursor.Next(ctx); err != nil { // the reply of the aggregate, always empty
		return nil, err
	}
	return cursor.Next(ctx)
}

func (s *stream) advance(ctx context.Context, b *mdb.Batch) error {
	at, err := positionOf(b.ResumeToken)
	if err != nil {
		return err
	}
	s.at, s.careful = at, s.care != plainly
	if !s.careful {
		return nil
	}
	relaxed, err := s.relax(b)
	if relaxed {
		s.drop(ctx)
	}
	return err
}

// hurry makes the stream answer without delay from now on. An exchange that is
// under way must be over.
func (s *stream) hurry(ctx context.Context) {
	s.drop(ctx)
	s.await = hurryAwait
}

// drop closes the cursor, if there is one.
func (s *stream) drop(ctx context.Context) {
	if s.cursor != nil {
		s.cursor.Close(ctx)
		s.cursor = nil
	}
}
