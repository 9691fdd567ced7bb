package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// RenameCollection follows a rename on the source. dropTarget is the source
// UUID of the collection that the rename replaced, zero when it replaced none.
// A collection of the destination that has the name and is not dropTarget's is
// never touched: that is an error which names both.
func (c *Catalog) RenameCollection(ctx context.Context, source UUID, to mdb.Namespace, dropTarget UUID) error {
	e, err := c.need(source)
	if err != nil {
		return fmt.Errorf("rename a collection to %s: %w", to, err)
	}
	if e.NS.DB != to.DB {
		return fmt.Errorf("rename %s to %s: a rename between databases makes a new collection and cannot be followed by UUID", e.NS, to)
	}
	if err := c.rename(ctx, e, to, dropTarget); err != nil {
		return fmt.Errorf("rename %s to %s: %w", e.NS, to, err)
	}
	return nil
}

func (c *Catalog) rename(ctx context.Context, e Collection, to mdb.Namespace, dropTarget UUID) error {
	if err := c.complete(ctx, e); err != nil {
		return err
	}
	e, _ = c.BySource(e.Source)
	if !dropTarget.IsZero() {
		if err := c.DropCollection(ctx, dropTarget); err != nil {
			return err
		}
		point.Hit("schema.rename.target-dropped")
	}
	if err := c.renameOnDest(ctx, e, to); err != nil {
		return err
	}
	point.Hit("schema.rename.renamed")
	return c.change(ctx, e.Source, func(e *Collection) { e.NS = to })
}

func (c *Catalog) renameOnDest(ctx context.Context, e Collection, to mdb.Namespace) error {
	found, exists, err := byUUID(ctx, c.dest, e.NS.DB, e.Dest)
	switch {
	case err != nil:
		return err
	case !exists:
		return c.vanished(e)
	case found.ns == to:
		return nil
	}
	if err := c.nameMustBeFree(ctx, to); err != nil {
		return err
	}
	_, err = c.dest.RunMajority(ctx, "admin", bson.D{
		{Key: "renameCollection", Value: found.ns.String()}, {Key: "to", Value: to.String()},
		{Key: "dropTarget", Value: false}, {Key: "collectionUUID", Value: e.Dest.Binary()},
	})
	return err
}

func (c *Catalog) vanished(e Collection) error {
	return fmt.Errorf("%s has no collection %s with UUID %x any more; somebody other than this sync dropped it", c.dest.Name(), e.NS, e.Dest)
}
