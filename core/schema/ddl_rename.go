package schema

import (
	"context"
	"fmt"
	"regexp"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// conversion is the name under which convertToCapped prepares a collection
// before it takes the place of the one that is converted.
var conversion = regexp.MustCompile(`^tmp[0-9A-Za-z]{5}\.convertToCapped\.`)

// RenameCollection follows a rename on the source. dropTarget is the source
// UUID of the collection that the rename replaced, zero when it replaced none.
// A collection of the destination that has the name and is not dropTarget's is
// never touched: that is an error which names both. So is a conversion to a
// capped collection, before anything is changed: its documents do not appear in
// change streams.
func (c *Catalog) RenameCollection(ctx context.Context, source UUID, to mdb.Namespace, dropTarget UUID) error {
	e, err := c.need(source)
	if err != nil {
		return fmt.Errorf("rename a collection to %s: %w", to, err)
	}
	if err := refuseRename(e, to); err != nil {
		return err
	}
	if err := c.rename(ctx, e, to, dropTarget); err != nil {
		return fmt.Errorf("rename %s to %s: %w", e.NS, to, err)
	}
	return nil
}

func refuseRename(e Collection, to mdb.Namespace) error {
	switch {
	case conversion.MatchString(e.NS.Coll):
		return fmt.Errorf("%s was converted to a capped collection on the source (convertToCapped); the documents of a conversion do not appear in change streams, so this sync cannot follow and has not touched %s; start a new sync, and convert collections before or after one", to, to)
	case e.NS.DB != to.DB:
		return fmt.Errorf("rename %s to %s: a rename between databases makes a new collection and cannot be followed by UUID", e.NS, to)
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
