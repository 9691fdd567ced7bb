package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// CreateView makes a view (options: viewOn, pipeline, collation). What it reads
// from need not exist. A view of that name takes the new definition; a
// collection of that name is an error.
func (c *Catalog) CreateView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error {
	if why := unsupported("view", options); why != "" {
		return fmt.Errorf("%s was created on the source and cannot be carried to another cluster (%s); drop it there and start the sync anew", ns, why)
	}
	err := c.createView(ctx, ns, keptOptions(options))
	if mdb.HasCode(err, mdb.CodeNamespaceNotFound) { // hidden between the look and the change
		err = c.createView(ctx, ns, keptOptions(options))
	}
	if err != nil {
		return fmt.Errorf("create the view %s: %w", ns, err)
	}
	point.Hit("schema.create-view.created")
	return nil
}

func (c *Catalog) createView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error {
	found, exists, err := byName(ctx, c.dest, ns)
	switch {
	case err != nil:
		return err
	case !exists:
		return c.sendCreate(ctx, ns, options)
	case found.kind != "view":
		return c.taken(found)
	case canon(documentValue(found.options)) == canon(documentValue(options)):
		return nil
	case canon(found.options.Lookup("collation")) == canon(options.Lookup("collation")):
		return c.modifyView(ctx, ns, options)
	}
	if err := c.dropView(ctx, ns); err != nil { // collMod cannot change a collation
		return err
	}
	return c.sendCreate(ctx, ns, options)
}

// ModifyView gives a view the definition of a modify event.
func (c *Catalog) ModifyView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error {
	return c.CreateView(ctx, ns, options)
}

func (c *Catalog) modifyView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error {
	_, err := c.dest.RunMajority(ctx, ns.DB, bson.D{
		{Key: "collMod", Value: ns.Coll}, {Key: "viewOn", Value: options.Lookup("viewOn")}, {Key: "pipeline", Value: options.Lookup("pipeline")},
	})
	return err
}

// DropView drops a view; one that is not there is dropped already, and a
// collection of that name is left alone.
func (c *Catalog) DropView(ctx context.Context, ns mdb.Namespace) error {
	gone, err := false, error(nil)
	for !gone && err == nil {
		gone, err = c.dropShown(ctx, ns)
	}
	if err != nil {
		return fmt.Errorf("drop the view %s: %w", ns, err)
	}
	return nil
}

// dropShown drops a view, or has the server show it when it is stored and hidden.
func (c *Catalog) dropShown(ctx context.Context, ns mdb.Namespace) (gone bool, err error) {
	found, exists, err := byName(ctx, c.dest, ns)
	switch {
	case err != nil:
		return false, err
	case exists && found.kind != "view":
		return true, nil
	case exists:
		err = c.dropView(ctx, ns)
		if mdb.HasCode(err, mdb.CodeNamespaceNotFound) { // hidden since the look
			return false, nil
		}
		return err == nil, err
	}
	stored, err := viewsStored(ctx, c.dest, bson.D{{Key: "db", Value: ns.DB}, {Key: "name", Value: ns.Coll}})
	if err != nil || len(stored) == 0 {
		return true, err
	}
	return false, reveal(ctx, c.dest, ns.DB)
}

func (c *Catalog) dropView(ctx context.Context, ns mdb.Namespace) error {
	_, err := c.dest.RunMajority(ctx, ns.DB, bson.D{{Key: "drop", Value: ns.Coll}})
	return err
}
