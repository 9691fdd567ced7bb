package copier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// collection is one collection of a running copy.
type collection struct {
	schema.Collection
	parts []*part
	bytes int64        // of all its ranges, estimated
	left  atomic.Int64 // ranges that are not done
}

// part is one range of a running copy.
type part struct {
	Range
	of *collection
	// pending is the number of batches on their way to the destination, and one
	// more while the range is being read; whoever brings it to 0 has finished it.
	pending atomic.Int64
	copied  atomic.Int64 // bytes of documents on the destination
}

// plan brings the catalog and the recorded ranges together, largest collection
// first, so that the last ones to be copied are short.
func (j *Job) plan(ctx context.Context) ([]*collection, error) {
	ranges, err := j.loadRanges(ctx)
	if err != nil {
		return nil, err
	}
	of := map[schema.UUID][]Range{}
	for _, r := range ranges {
		u, err := r.source()
		if err != nil {
			return nil, err
		}
		of[u] = append(of[u], r)
	}
	var out []*collection
	for _, c := range j.Catalog.Collections() {
		if err := check(c, of[c.Source]); err != nil {
			return nil, fmt.Errorf("%s: %w", c.NS, err)
		}
		out = append(out, planned(c, of[c.Source]))
		delete(of, c.Source)
	}
	for u := range of {
		return nil, fmt.Errorf("there are ranges of a collection %x that is not in the catalog; partition again", u)
	}
	slices.SortStableFunc(out, func(a, b *collection) int { return cmp.Compare(b.bytes, a.bytes) })
	return out, nil
}

func check(c schema.Collection, ranges []Range) error {
	if c.Dest.IsZero() {
		return fmt.Errorf("it was not created on the destination")
	}
	if err := checkChain(ranges); err != nil {
		return fmt.Errorf("%w; partition again", err)
	}
	return nil
}

func planned(c schema.Collection, ranges []Range) *collection {
	out := &collection{Collection: c}
	for _, r := range ranges {
		p := &part{Range: r, of: out}
		p.copied.Store(r.Copied)
		out.parts = append(out.parts, p)
		out.bytes += r.Bytes
		if !r.Done {
			out.left.Add(1)
		}
	}
	return out
}

// indexesWanted reports whether an index is still to be built.
func (c *collection) indexesWanted() bool {
	return slices.ContainsFunc(c.Indexes, func(i schema.Index) bool { return i.State == schema.IndexPending })
}

// target names the destination's collection and nothing else that may ever have
// its name.
func (c *collection) target() mdb.Write {
	uuid := c.Dest.Binary()
	return mdb.Write{NS: c.NS, UUID: &uuid}
}
