package copier

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// scan reads one range batch by batch. It is for one goroutine; close it.
type scan struct {
	*source
	part  Range
	stage stage
	batch int32
	last  bson.RawArray // the batch that was answered last
	cur   *mdb.Cursor   // nil before the first batch and after an error
}

// stage is what the scan reads now.
type stage int

const (
	inBounds stage = iota
	// atMaxKey is the one document whose _id is MaxKey. On an index on _id, a min
	// without a max ends before MaxKey, so that this document is in no range with
	// a Min (mongod 6.0.5; a clustered collection does return it).
	atMaxKey
	atEnd
)

// Errors for bounds with nothing between them, of an index and of a clustered
// collection. The server does not answer such a query with no documents.
const (
	codeMinNotBeforeMax  = 51175
	codeMinNotBeforeMax2 = 6137401
)

func newScan(src *source, part Range) *scan {
	return &scan{source: src, part: part, batch: max(1, part.Batch)}
}

// next answers the next batch, which is never empty, or nil at the end of the
// range or when the collection was dropped. After an error it may be called
// again: it then goes on from the last document that it answered, in the order
// of _id, and answers that one once more. So an error costs nothing but time.
func (s *scan) next(ctx context.Context) (*mdb.Batch, error) {
	for s.stage != atEnd {
		b, err := s.step(ctx)
		switch {
		case err != nil:
			return nil, err
		case b != nil && !b.Empty():
			s.last = b.Docs
			return b, nil
		}
	}
	return nil, nil
}

// step answers a batch or moves to the next stage.
func (s *scan) step(ctx context.Context) (*mdb.Batch, error) {
	if s.cur == nil {
		cur, err := s.find(ctx)
		switch {
		case errors.Is(err, errDropped):
			s.stage = atEnd
			return nil, nil
		case mdb.HasCode(err, codeMinNotBeforeMax), mdb.HasCode(err, codeMinNotBeforeMax2):
			s.advance()
			return nil, nil
		case err != nil:
			return nil, s.gentler(err)
		}
		s.cur = cur
	}
	b, err := s.cur.Next(ctx)
	if err != nil || b == nil {
		s.close(ctx)
	}
	if err != nil {
		return nil, s.gentler(err)
	}
	if b == nil {
		s.advance()
	}
	return b, nil
}

func (s *scan) advance() {
	if s.stage == inBounds && !s.part.InOrder && s.part.Max == nil && (s.part.Min != nil || s.last != nil) {
		s.stage = atMaxKey
		return
	}
	s.stage = atEnd
}

// gentler asks for fewer documents after a batch that took too long: on a cold
// disk the wanted number may never come in time.
func (s *scan) gentler(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		s.batch = max(1, s.batch/2)
	}
	return err
}

func (s *scan) close(ctx context.Context) {
	if s.cur != nil {
		s.cur.Close(ctx)
		s.cur = nil
	}
}

// find opens a cursor. Bounds are those of the index (min, max), not
// conditions: conditions like $gte compare within one type, and NaN with
// nothing. The sort costs nothing, since the index has that order; it makes it a
// promise of the server that next relies on.
func (s *scan) find(ctx context.Context) (*mdb.Cursor, error) {
	rest := []bson.E{s.majority(), {Key: "batchSize", Value: s.batch}, {Key: "noCursorTimeout", Value: true}}
	byID := bson.D{{Key: "_id", Value: 1}}
	switch {
	case s.part.InOrder:
		return s.open(ctx, "find", s.batch, append(rest, bson.E{Key: "hint", Value: bson.D{{Key: "$natural", Value: 1}}})...)
	case s.stage == atMaxKey:
		rest = append(rest, bson.E{Key: "filter", Value: bson.D{{Key: "_id", Value: bson.MaxKey{}}}})
	default:
		from, err := s.from()
		if err != nil {
			return nil, err
		}
		if from != nil {
			rest = append(rest, bson.E{Key: "min", Value: from})
		}
		if s.part.Max != nil {
			rest = append(rest, bson.E{Key: "max", Value: s.part.Max})
		}
	}
	return s.open(ctx, "find", s.batch, append(rest, bson.E{Key: "hint", Value: byID}, bson.E{Key: "sort", Value: byID})...)
}

// from is where to begin: at the range's Min, or at the last document that
// was answered. It is looked up only when it is needed, after an error.
func (s *scan) from() (bson.Raw, error) {
	if s.last == nil {
		return s.part.Min, nil
	}
	var last bson.Raw
	err := (&mdb.Batch{Docs: s.last}).Each(func(d bson.Raw) error { last = d; return nil })
	if err != nil {
		return nil, err
	}
	id := last.Lookup("_id")
	if id.IsZero() {
		return nil, fmt.Errorf("%s holds a document without _id, which cannot be copied in parts", s.ns)
	}
	return bson.Marshal(bson.D{{Key: "_id", Value: id}})
}
