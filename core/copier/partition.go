package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/schema"
)

// maxRanges is the largest number of ranges of one collection; larger
// collections get larger ranges.
const maxRanges = 4096

// Partition splits every collection of the catalog into ranges and records
// them on the destination, in place of any that were recorded for this epoch.
// It answers how many bytes there are to copy, as the source estimates it. It
// may be repeated until the caller has recorded that it returned.
func (j *Job) Partition(ctx context.Context) (totalBytes int64, err error) {
	if err := j.prepare(); err != nil {
		return 0, fmt.Errorf("collection copy: partition: %w", err)
	}
	ranges, err := j.splitAll(ctx)
	if err == nil {
		err = j.storeRanges(ctx, ranges)
	}
	if err != nil {
		return 0, fmt.Errorf("collection copy: partition: %w", err)
	}
	point.Hit("copy.partition.done")
	for _, r := range ranges {
		totalBytes += r.Bytes
	}
	return totalBytes, nil
}

func (j *Job) splitAll(ctx context.Context) ([]Range, error) {
	colls := j.Catalog.Collections()
	split := make([][]Range, len(colls))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(j.Readers)
	for i, c := range colls {
		group.Go(func() (err error) {
			split[i], err = j.split(ctx, c)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(split...), nil
}

// split makes the ranges of one collection. One that was dropped meanwhile gets
// a range as well: the copy will find nothing there, and the catalog has it
// until its drop event comes.
func (j *Job) split(ctx context.Context, c schema.Collection) ([]Range, error) {
	src := j.source(c)
	var size stats
	var bounds []bson.Raw
	err := j.retry(ctx, "measure "+c.NS.String(), func(ctx context.Context) (err error) {
		size, bounds, err = j.measure(ctx, src)
		return err
	})
	if err != nil {
		return nil, err
	}
	return j.rangesOf(c, size, bounds), nil
}

func (j *Job) measure(ctx context.Context, src *source) (size stats, bounds []bson.Raw, err error) {
	size, err = src.stats(ctx)
	if n := j.rangeCount(size); err == nil && n > 1 {
		bounds, err = src.bounds(ctx, n, size)
	}
	if errors.Is(err, errDropped) {
		return stats{}, nil, nil
	}
	return size, bounds, err
}

// rangeCount is 1 for a capped collection, whose order must be kept.
func (j *Job) rangeCount(s stats) int64 {
	if s.Capped {
		return 1
	}
	return min((s.Bytes+j.Limits.RangeBytes-1)/j.Limits.RangeBytes, s.Documents, maxRanges)
}

func (j *Job) rangesOf(c schema.Collection, s stats, bounds []bson.Raw) []Range {
	ranges := make([]Range, len(bounds)+1)
	for n := range ranges {
		ranges[n] = Range{
			ID:      RangeID{Epoch: j.Epoch, Source: c.Source.Binary(), N: n},
			InOrder: s.Capped,
			Bytes:   s.Bytes / int64(len(ranges)),
			Batch:   int32(j.batchDocuments(s)),
		}
		if n > 0 {
			ranges[n].Min, ranges[n-1].Max = bounds[n-1], bounds[n-1]
		}
	}
	ranges[0].Bytes += s.Bytes % int64(len(ranges))
	return ranges
}

// batchDocuments keeps a batch of average documents at the wanted size. The
// server ends a batch before 16 MB in any case.
func (j *Job) batchDocuments(s stats) int64 {
	if s.Bytes <= 0 || s.Documents <= 0 {
		return j.Limits.BatchDocuments
	}
	return max(1, min(j.Limits.BatchDocuments, j.Limits.BatchBytes*s.Documents/s.Bytes))
}

// stats is what the source says about a collection's size: estimates, which can
// be wrong after an unclean shutdown, and are used as such only.
type stats struct {
	Bytes     int64 `bson:"bytes"`
	Documents int64 `bson:"documents"`
	Capped    bool  `bson:"capped"`
}

// stats needs the action collStats, as of the roles clusterMonitor or dbAdmin.
func (s *source) stats(ctx context.Context) (stats, error) {
	rows, err := s.rows(ctx, "aggregate",
		bson.E{Key: "pipeline", Value: bson.A{
			bson.D{{Key: "$collStats", Value: bson.D{{Key: "storageStats", Value: bson.D{}}}}},
			bson.D{{Key: "$project", Value: bson.D{
				{Key: "bytes", Value: "$storageStats.size"}, {Key: "documents", Value: "$storageStats.count"},
				{Key: "capped", Value: "$storageStats.capped"},
			}}},
		}}, bson.E{Key: "cursor", Value: bson.D{}})
	if err != nil {
		return stats{}, err
	}
	if len(rows) != 1 {
		return stats{}, fmt.Errorf("$collStats of %s has %d answers, expected 1", s.ns, len(rows))
	}
	var out stats
	if err := bson.Unmarshal(rows[0], &out); err != nil {
		return stats{}, fmt.Errorf("$collStats of %s: %w", s.ns, err)
	}
	return out, nil
}
