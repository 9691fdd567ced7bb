package schema

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// buildTime bounds a command that reads a whole collection. It is no estimate:
// a connection that dies is noticed by the driver's heartbeats long before.
const buildTime = 365 * 24 * time.Hour

// long is for commands that read a whole collection.
func long(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, buildTime, fmt.Errorf("not done after %s", buildTime))
}

// BuildIndexes builds what is pending of one collection, in relaxed form, with
// one pass over its documents. It answers when a majority has the indexes, which
// can take hours. An index that the server refuses is marked as failed and is no
// error here.
func (c *Catalog) BuildIndexes(ctx context.Context, source UUID) error {
	if c.never.Load() {
		return nil
	}
	return c.build(ctx, source, IndexPending)
}

// RetryFailed tries each failed index again: while changes are still being
// applied, documents can be in a state that no index takes.
func (c *Catalog) RetryFailed(ctx context.Context) error {
	for _, e := range c.Collections() {
		if err := c.build(ctx, e.Source, IndexFailed); err != nil {
			return err
		}
	}
	return nil
}

// IndexCounts are the indexes that are built and to be built now, and the
// collections that have any and of which none is pending any more.
func (c *Catalog) IndexCounts() (built, total, collectionsFinished, collectionCount int) {
	for _, s := range *c.slots.Load() {
		states := map[IndexState]int{}
		for _, x := range s.Load().Indexes {
			states[x.State]++
		}
		all := states[IndexPending] + states[IndexBuilt] + states[IndexFailed]
		if all == 0 {
			continue
		}
		built, total, collectionCount = built+states[IndexBuilt], total+all, collectionCount+1
		if states[IndexPending] == 0 {
			collectionsFinished++
		}
	}
	return built, total, collectionsFinished, collectionCount
}

// FailedIndexes names the indexes that could not be built, with the reason; a
// commit tries them again.
func (c *Catalog) FailedIndexes() (out []string) {
	for _, s := range *c.slots.Load() {
		e := s.Load()
		for _, x := range e.Indexes {
			if x.State == IndexFailed {
				out = append(out, fmt.Sprintf("%s.%s: %s", e.NS, x.Name, x.Error))
			}
		}
	}
	slices.Sort(out)
	return out
}

// build builds all indexes that are in a state: in one command, or one by one
// when that is refused.
func (c *Catalog) build(ctx context.Context, source UUID, state IndexState) error {
	e, known := c.BySource(source)
	if !known {
		return nil
	}
	specs, names := []bson.Raw{}, []string{}
	for _, x := range e.Indexes {
		if x.State == state {
			specs, names = append(specs, relaxedIndex(x.Spec, e.collated())), append(names, x.Name)
		}
	}
	if len(specs) == 0 {
		return nil
	}
	err := c.createIndexes(ctx, e, specs)
	if err == nil {
		return c.record(ctx, e, names, IndexBuilt, nil)
	}
	if fatal(err) {
		return fmt.Errorf("build the indexes of %s: %w", e.NS, err)
	}
	for i := range specs {
		if err := c.buildOne(ctx, e, specs[i], names[i]); err != nil {
			return fmt.Errorf("build index %s of %s: %w", names[i], e.NS, err)
		}
	}
	return nil
}

func (c *Catalog) buildOne(ctx context.Context, e Collection, spec bson.Raw, name string) error {
	err := c.createIndexes(ctx, e, []bson.Raw{spec})
	original, _ := e.index(name)
	switch {
	case err == nil:
		return c.record(ctx, e, []string{name}, IndexBuilt, nil)
	case fatal(err):
		return err
	case mdb.HasCode(err, mdb.CodeIndexOptionsConflict) && formOf(original.Spec).unique:
		return c.record(ctx, e, []string{name}, IndexAtEnd, nil) // a twin that only the server recognised
	}
	return c.record(ctx, e, []string{name}, IndexFailed, err)
}

// fatal tells errors that are not about the definition of an index.
func fatal(err error) bool {
	return !mdb.Answered(err) || mdb.ClassOf(err) != mdb.Permanent || mdb.HasCode(err, mdb.CodeCollectionUUIDMismatch) ||
		mdb.HasCode(err, mdb.CodeUserWritesBlocked) || mdb.HasCode(err, codeUnauthorized)
}

const codeUnauthorized = 13

// createIndexes is idempotent: the server answers at once for an index that is
// there, and waits for one that is being built. Unknown options, which old
// servers stored, are left out by the server itself.
func (c *Catalog) createIndexes(ctx context.Context, e Collection, specs []bson.Raw) error {
	ctx, cancel := long(ctx)
	defer cancel()
	_, err := c.dest.RunSlow(ctx, e.NS.DB, fmt.Sprintf("indexes of %x", e.Dest), bson.D{
		{Key: "createIndexes", Value: e.NS.Coll}, {Key: "indexes", Value: specs}, {Key: "ignoreUnknownIndexOptions", Value: true},
		{Key: "commitQuorum", Value: "majority"}, {Key: "collectionUUID", Value: e.Dest.Binary()},
	})
	return err
}

// record records what became of some indexes of one collection.
func (c *Catalog) record(ctx context.Context, e Collection, names []string, state IndexState, why error) error {
	point.Hit("schema.build.done")
	return c.change(ctx, e.Source, func(e *Collection) {
		for _, name := range names {
			e.edit(name, func(x *Index) {
				x.State, x.Error = state, ""
				if why != nil {
					x.Error = mdb.ErrorText(why)
				}
				x.CleanDest = x.CleanDest || state == IndexBuilt
			})
		}
	})
}
