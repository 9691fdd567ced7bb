package copier

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// rangesNS is where the ranges are kept, on the destination.
var rangesNS = mdb.Namespace{DB: mdb.MetadataDB, Coll: "ranges"}

// storeBytes bounds one insert of ranges: bounds are small, see maxBound.
const storeBytes = 1 << 20

// ofEpoch selects the ranges of this epoch by the index on _id: a document that
// begins with more fields comes after one that ends there.
func (j *Job) ofEpoch() bson.D {
	return bson.D{{Key: "_id", Value: bson.D{
		{Key: "$gte", Value: bson.D{{Key: "epoch", Value: j.Epoch}}},
		{Key: "$lt", Value: bson.D{{Key: "epoch", Value: j.Epoch + 1}}},
	}}}
}

// loadRanges reads the ranges of this epoch, ordered by collection and number.
func (j *Job) loadRanges(ctx context.Context) (out []Range, err error) {
	err = j.retry(ctx, "read the ranges", func(ctx context.Context) error {
		docs, err := j.To.All(ctx, rangesNS.DB, bson.D{
			{Key: "find", Value: rangesNS.Coll}, {Key: "filter", Value: j.ofEpoch()},
			{Key: "sort", Value: bson.D{{Key: "_id", Value: 1}}},
			{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}},
		})
		if err != nil {
			return err
		}
		out = make([]Range, len(docs))
		for i, d := range docs {
			if err := bson.Unmarshal(d, &out[i]); err != nil {
				return fmt.Errorf("a range that cannot be read: %w", err)
			}
		}
		return nil
	})
	return out, err
}

// storeRanges replaces all ranges of this epoch. It may be repeated: nothing is
// copied before the caller has recorded that all of them are there.
func (j *Job) storeRanges(ctx context.Context, ranges []Range) error {
	all := bson.D{{Key: "q", Value: j.ofEpoch()}, {Key: "limit", Value: 0}}
	if _, err := j.writeRanges(ctx, j.To.Delete, all); err != nil {
		return err
	}
	var batch mdb.Array
	for i, r := range ranges {
		doc, err := bson.Marshal(r)
		if err != nil {
			return fmt.Errorf("store a range: %w", err)
		}
		batch.Add(doc)
		if batch.Size() < storeBytes && i < len(ranges)-1 {
			continue
		}
		if _, err := j.sendRanges(ctx, j.To.Insert, batch.Raw()); err != nil {
			return err
		}
		batch = mdb.Array{}
	}
	return nil
}

// recordDone makes a range done. All its documents must have been acknowledged
// by a majority before.
func (j *Job) recordDone(ctx context.Context, id RangeID, copied int64) error {
	n, err := j.writeRanges(ctx, j.To.Update, bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: id}}},
		{Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "done", Value: true}, {Key: "copied", Value: copied}}}}},
	})
	if err == nil && n != 1 {
		return fmt.Errorf("range %d of %x is gone from %s; was it changed by somebody else?", id.N, id.Source.Data, rangesNS)
	}
	return err
}

type writeFunc func(context.Context, mdb.Write) (mdb.WriteResult, error)

func (j *Job) writeRanges(ctx context.Context, send writeFunc, statement bson.D) (int, error) {
	raw, err := bson.Marshal(statement)
	if err != nil {
		return 0, fmt.Errorf("write to %s: %w", rangesNS, err)
	}
	var one mdb.Array
	one.Add(raw)
	return j.sendRanges(ctx, send, one.Raw())
}

func (j *Job) sendRanges(ctx context.Context, send writeFunc, statements bson.RawArray) (n int, err error) {
	err = j.retry(ctx, "write to "+rangesNS.String(), func(ctx context.Context) error {
		res, err := send(ctx, mdb.Write{NS: rangesNS, Statements: statements})
		if err == nil {
			n, err = accepted(res)
		}
		return err
	})
	return n, err
}

// retry is mdb.Retry with this job's Report.
func (j *Job) retry(ctx context.Context, what string, do func(context.Context) error) error {
	if err := mdb.Retry(ctx, "collection copy: "+what, j.Report, do); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
