package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
)

// CreateIndexes follows the creation of indexes (the specs of the event) and
// builds them in relaxed form. A definition that is in the catalog already is
// left alone; another one of the same name is replaced. An index that the server
// refuses is marked as failed and is no error here.
func (c *Catalog) CreateIndexes(ctx context.Context, source UUID, specs []bson.Raw) error {
	e, err := c.need(source)
	if err != nil {
		return fmt.Errorf("create indexes: %w", err)
	}
	added, replaced := compareIndexes(e, specs)
	if err := c.DropIndexes(ctx, source, replaced); err != nil {
		return err
	}
	if len(added) > 0 {
		if err := c.change(ctx, source, func(e *Collection) { e.add(added) }); err != nil {
			return fmt.Errorf("create indexes of %s: %w", e.NS, err)
		}
		point.Hit("schema.create-indexes.intent")
	}
	if err := c.dropLate(ctx, source); err != nil {
		return fmt.Errorf("create indexes of %s: %w", e.NS, err)
	}
	return c.BuildIndexes(ctx, source)
}

// compareIndexes picks the definitions that the catalog does not have, and the
// names under which it has another one.
func compareIndexes(e Collection, specs []bson.Raw) (added []bson.Raw, replaced []string) {
	for _, spec := range specs {
		known, found := e.index(indexName(spec))
		if found && sameIndex(known.Spec, spec) {
			continue
		}
		added = append(added, spec)
		if found {
			replaced = append(replaced, known.Name)
		}
	}
	return added, replaced
}

// add appends new indexes. One of an older pair of twins may have to give way.
func (e *Collection) add(specs []bson.Raw) {
	for _, spec := range specs {
		e.Indexes = append(e.Indexes, Index{Name: indexName(spec), Spec: without(spec, "ns"), State: IndexPending, CleanSource: true})
	}
	late, _ := twins(e.Indexes)
	e.markLate(late)
}

// dropLate takes away, on the destination, relaxed indexes that have become the
// twin of a new one: they are built at commit.
func (c *Catalog) dropLate(ctx context.Context, source UUID) error {
	e, _ := c.BySource(source)
	var names []string
	for _, x := range e.Indexes {
		if x.State == IndexAtEnd {
			names = append(names, x.Name)
		}
	}
	return c.dropIndexesOnDest(ctx, e, names)
}

// DropIndexes follows the dropping of indexes, by name.
func (c *Catalog) DropIndexes(ctx context.Context, source UUID, names []string) error {
	if len(names) == 0 {
		return nil
	}
	e, err := c.need(source)
	if err == nil {
		err = c.dropIndexesOnDest(ctx, e, names)
	}
	if err == nil {
		point.Hit("schema.drop-indexes.dropped")
		err = c.change(ctx, source, func(e *Collection) { e.remove(names) })
	}
	if err != nil {
		return fmt.Errorf("drop indexes of %s: %w", e.NS, err)
	}
	return nil
}

func (e *Collection) remove(names []string) {
	kept := e.Indexes[:0]
	for _, x := range e.Indexes {
		if !contains(names, x.Name) {
			kept = append(kept, x)
		}
	}
	e.Indexes = kept
}

// dropIndexesOnDest drops those of the names that exist.
func (c *Catalog) dropIndexesOnDest(ctx context.Context, e Collection, names []string) error {
	if len(names) == 0 {
		return nil
	}
	specs, _, err := listIndexes(ctx, c.dest, e.NS.DB, e.Dest)
	if err != nil {
		return err
	}
	there := []string{}
	for _, s := range specs {
		if contains(names, indexName(s)) {
			there = append(there, indexName(s))
		}
	}
	if len(there) == 0 {
		return nil
	}
	_, err = c.dest.RunMajority(ctx, e.NS.DB, bson.D{
		{Key: "dropIndexes", Value: e.NS.Coll}, {Key: "index", Value: there}, {Key: "collectionUUID", Value: e.Dest.Binary()},
	})
	return err
}
