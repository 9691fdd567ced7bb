package copier

import (
	"bytes"
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

const (
	// samplesPerRange evens out the sizes of the ranges.
	samplesPerRange = 10
	// smallCollection is what may be scanned as a whole for a sample.
	smallCollection = 64 << 20
	// scanShare: the server takes a sample of less than a twentieth of the
	// documents with random cursors, and a larger one by sorting all of them.
	scanShare = 20
	// maxBound is the size of an _id, in bytes, that may become a bound; each is stored twice.
	maxBound = 1024
	// sampleTime is for one attempt to sample; a smaller sample is tried after that.
	sampleTime = time.Minute
	// codeNoSample: random cursors found the same documents again and again.
	codeNoSample = 28799
)

// bounds picks up to n-1 values of _id that split the collection into parts of
// roughly equal numbers of documents. Fewer, or none, are as right as any: a
// sample that cannot be had makes ranges larger and nothing else.
func (s *source) bounds(ctx context.Context, n int64, size stats) ([]bson.Raw, error) {
	want := n * samplesPerRange
	if size.Bytes > smallCollection {
		want = min(want, size.Documents/scanShare-1)
	}
	for ; want > 0; want /= 4 {
		ids, err := s.sample(ctx, want)
		switch {
		case err == nil:
			return pick(ids, n), nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !mdb.HasCode(err, codeNoSample) && !errors.Is(err, context.DeadlineExceeded):
			return nil, err
		}
	}
	return nil, nil
}

// sample answers up to n different documents {_id: value} in the order of the
// index. The server compares, so the order is right for all types and for the
// collection's collation.
func (s *source) sample(ctx context.Context, n int64) ([]bson.Raw, error) {
	ctx, cancel := context.WithTimeout(ctx, sampleTime)
	defer cancel()
	return s.rows(ctx, "aggregate",
		bson.E{Key: "pipeline", Value: bson.A{
			bson.D{{Key: "$sample", Value: bson.D{{Key: "size", Value: n}}}},
			bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: 1}}}},
			bson.D{{Key: "$match", Value: bson.D{{Key: "$expr", Value: bson.D{
				{Key: "$lte", Value: bson.A{bson.D{{Key: "$bsonSize", Value: "$$ROOT"}}, maxBound}}}}}}},
			bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$_id"}}}}, // a sample may hold a document twice
			bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}},
		}},
		bson.E{Key: "cursor", Value: bson.D{}}, bson.E{Key: "allowDiskUse", Value: true}, s.majority())
}

// pick takes n-1 evenly spaced ones, out of the replies that they are part of.
func pick(ids []bson.Raw, n int64) []bson.Raw {
	var out []bson.Raw
	last := int64(0)
	for i := int64(1); i < n; i++ {
		if at := i * int64(len(ids)) / n; at > last {
			out, last = append(out, bytes.Clone(ids[at])), at
		}
	}
	return out
}
