package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// Restore gives the destination what was relaxed: capped sizes, TTLs and hidden
// indexes as on the source, and prepareUnique on every index that is to be
// unique, which refuses new duplicates from then on. Indexes that could not be
// built before are built now, in their real form; one that cannot be is an error.
// It is for the time when the destination has all documents and is fenced.
func (c *Catalog) Restore(ctx context.Context) error {
	err := c.each(ctx, func(ctx context.Context, e Collection) error {
		if err := c.changeOptions(ctx, e, func(f optionForm) optionForm { return optionFormOf(e.Options) }); err != nil {
			return err
		}
		return c.restoreIndexes(ctx, e)
	})
	if err != nil {
		return fmt.Errorf("restore the destination's schema: %w", err)
	}
	return nil
}

// changeOptions leads a collection's options on the destination to what want
// makes of them.
func (c *Catalog) changeOptions(ctx context.Context, e Collection, want func(now optionForm) optionForm) error {
	if !optionFormOf(e.Options).parked() {
		return nil
	}
	found, exists, err := byUUID(ctx, c.dest, e.NS.DB, e.Dest)
	if err == nil && !exists {
		err = c.vanished(e)
	}
	if err != nil {
		return err
	}
	now := optionFormOf(found.options)
	return c.collMod(ctx, e, now.changesTo(want(now)))
}

// onDest lists the destination's indexes of a collection by name.
func (c *Catalog) onDest(ctx context.Context, e Collection) (map[string]bson.Raw, error) {
	specs, _, err := listIndexes(ctx, c.dest, e.NS.DB, e.Dest)
	if mdb.HasCode(err, mdb.CodeNamespaceNotFound) {
		return nil, c.vanished(e)
	}
	if err != nil {
		return nil, fmt.Errorf("list the indexes of %s: %w", e.NS, err)
	}
	out := map[string]bson.Raw{}
	for _, s := range specs {
		out[indexName(s)] = s
	}
	return out, nil
}

func (c *Catalog) restoreIndexes(ctx context.Context, e Collection) error {
	if len(e.Indexes) == 0 {
		return nil
	}
	there, err := c.onDest(ctx, e)
	if err != nil {
		return err
	}
	for _, x := range e.Indexes {
		spec, exists := there[x.Name]
		switch {
		case exists:
			err = c.changeIndex(ctx, e, x.Name, formOf(spec).changesTo(formOf(x.Spec).guarded()))
		case x.State != IndexPending: // pending at this point: the sync builds no indexes
			err = c.buildReal(ctx, e, x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// changeIndex sends one collMod for each change.
func (c *Catalog) changeIndex(ctx context.Context, e Collection, name string, changes []bson.D) error {
	ctx, cancel := long(ctx) // making an index unique reads it whole
	defer cancel()
	for _, change := range changes {
		index := append(bson.D{{Key: "name", Value: name}}, change...)
		if err := c.collMod(ctx, e, bson.D{{Key: "index", Value: index}}); err != nil {
			return fmt.Errorf("index %s: %w", name, err)
		}
	}
	return nil
}

// buildReal builds an index as it is on the source.
func (c *Catalog) buildReal(ctx context.Context, e Collection, x Index) error {
	err := c.createIndexes(ctx, e, []bson.Raw{realIndex(x.Spec, e.collated())})
	if err != nil {
		return fmt.Errorf("index %s of %s, which could not be built before, cannot be built now: %w", x.Name, e.NS, err)
	}
	point.Hit("schema.restore.built")
	if x.State != IndexFailed {
		return nil // at end: should the commit be undone, it has to go again
	}
	return c.record(ctx, e, []string{x.Name}, IndexBuilt, nil)
}
