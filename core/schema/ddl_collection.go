package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// CreateCollection makes a collection that has appeared on the source. options
// are those of the create event, or as listCollections shows them. It is an
// error when the name is taken on the destination by anything that this sync
// did not make.
func (c *Catalog) CreateCollection(ctx context.Context, source UUID, ns mdb.Namespace, options bson.Raw) error {
	if e, known := c.BySource(source); known {
		return c.complete(ctx, e)
	}
	if why := unsupported("collection", options); why != "" {
		return fmt.Errorf("%s was created on the source and cannot be carried to another cluster (%s); drop it there and start the sync anew", ns, why)
	}
	if err := c.nameMustBeFree(ctx, ns); err != nil {
		return fmt.Errorf("create %s: %w", ns, err)
	}
	e := Collection{Source: source, NS: ns, Options: keptOptions(options)}
	if err := c.put(ctx, e); err != nil {
		return fmt.Errorf("create %s: %w", ns, err)
	}
	point.Hit("schema.create.intent")
	return c.complete(ctx, e)
}

// complete makes the collection of an entry that has none on the destination
// yet. A collection of that name, empty and nobody's, is one that was made
// before a crash and is taken.
func (c *Catalog) complete(ctx context.Context, e Collection) error {
	if !e.Dest.IsZero() {
		return nil
	}
	found, exists, err := byName(ctx, c.dest, e.NS)
	if err == nil && !exists {
		found, err = c.create(ctx, e)
	} else if err == nil {
		err = c.takable(ctx, found)
	}
	if err != nil {
		return fmt.Errorf("create %s: %w", e.NS, err)
	}
	if err := c.change(ctx, e.Source, func(e *Collection) { e.Dest = found.uuid }); err != nil {
		return fmt.Errorf("create %s: %w", e.NS, err)
	}
	point.Hit("schema.create.recorded")
	return nil
}

func (c *Catalog) create(ctx context.Context, e Collection) (listed, error) {
	if err := c.sendCreate(ctx, e.NS, relaxedOptions(e.Options)); err != nil {
		return listed{}, err
	}
	point.Hit("schema.create.created")
	found, exists, err := byName(ctx, c.dest, e.NS)
	if err == nil && (!exists || found.uuid.IsZero()) {
		err = fmt.Errorf("%s: %s was created and is not there; does somebody else drop collections?", c.dest.Name(), e.NS)
	}
	return found, err
}

func (c *Catalog) sendCreate(ctx context.Context, ns mdb.Namespace, options bson.Raw) error {
	cmd := bson.D{{Key: "create", Value: ns.Coll}}
	elements, err := options.Elements()
	if err != nil {
		return fmt.Errorf("unreadable options: %w", err)
	}
	for _, o := range elements {
		cmd = append(cmd, bson.E{Key: o.Key(), Value: o.Value()})
	}
	_, err = c.dest.RunMajority(ctx, ns.DB, cmd)
	return err
}

// takable refuses a collection of the destination that somebody may need.
func (c *Catalog) takable(ctx context.Context, found listed) error {
	if found.kind != "collection" {
		return fmt.Errorf("%s has a %s of that name; drop or rename it", c.dest.Name(), found.kind)
	}
	if owner, owned := c.ownerOf(found.uuid); owned {
		return fmt.Errorf("%s has a collection of that name, which belongs to the source's collection %x (%s)", c.dest.Name(), owner.Source, owner.NS)
	}
	empty, err := c.isEmpty(ctx, found)
	if err == nil && !empty {
		err = fmt.Errorf("%s has a collection of that name with documents in it, which this sync did not make; drop or rename it", c.dest.Name())
	}
	return err
}

func (c *Catalog) isEmpty(ctx context.Context, found listed) (bool, error) {
	docs, err := c.dest.All(ctx, found.ns.DB, bson.D{
		{Key: "find", Value: found.ns.Coll}, {Key: "limit", Value: 1}, {Key: "singleBatch", Value: true},
		{Key: "projection", Value: bson.D{{Key: "_id", Value: 1}}}, {Key: "collectionUUID", Value: found.uuid.Binary()},
	})
	return len(docs) == 0, err
}

func (c *Catalog) nameMustBeFree(ctx context.Context, ns mdb.Namespace) error {
	found, exists, err := byName(ctx, c.dest, ns)
	if err != nil || !exists {
		return err
	}
	return c.taken(found)
}

// taken is the refusal of a name that something has on the destination.
func (c *Catalog) taken(found listed) error {
	if owner, owned := c.ownerOf(found.uuid); owned {
		return fmt.Errorf("%s is taken on %s, by the copy of the source's collection %x", found.ns, c.dest.Name(), owner.Source)
	}
	return fmt.Errorf("%s is taken on %s, by a %s that this sync did not make; drop or rename it", found.ns, c.dest.Name(), found.kind)
}

// DropCollection drops a collection that was dropped on the source, and forgets
// it. One that is not in the catalog is gone already.
func (c *Catalog) DropCollection(ctx context.Context, source UUID) error {
	e, known := c.BySource(source)
	if !known {
		return nil
	}
	err := c.complete(ctx, e) // an entry that was never finished: find out which collection is meant
	if err == nil {
		e, _ = c.BySource(source)
		err = c.dropOnDest(ctx, e)
	}
	if err == nil {
		point.Hit("schema.drop.dropped")
		err = c.forget(ctx, source)
	}
	if err != nil {
		return fmt.Errorf("drop %s: %w", e.NS, err)
	}
	return nil
}

func (c *Catalog) dropOnDest(ctx context.Context, e Collection) error {
	found, exists, err := byUUID(ctx, c.dest, e.NS.DB, e.Dest)
	if err != nil || !exists {
		return err
	}
	_, err = c.dest.RunMajority(ctx, e.NS.DB, bson.D{
		{Key: "drop", Value: found.ns.Coll}, {Key: "collectionUUID", Value: e.Dest.Binary()},
	})
	return err
}

// DropDatabase drops what is left of a database: collections, and views, for
// which a source's dropDatabase gives no events of their own. The database's
// system collections stay.
func (c *Catalog) DropDatabase(ctx context.Context, db string) error {
	views, err := viewsStored(ctx, c.dest, bson.D{{Key: "db", Value: db}})
	if err != nil {
		return fmt.Errorf("drop database %s: %w", db, err)
	}
	for _, ns := range views {
		if err := c.DropView(ctx, ns); err != nil {
			return fmt.Errorf("drop database %s: %w", db, err)
		}
		point.Hit("schema.drop-database.view")
	}
	for _, e := range c.Collections() {
		if e.NS.DB != db {
			continue
		}
		if err := c.DropCollection(ctx, e.Source); err != nil {
			return fmt.Errorf("drop database %s: %w", db, err)
		}
		point.Hit("schema.drop-database.collection")
	}
	return nil
}
