package schema

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// creators is how many collections are made or changed at a time.
const creators = 8

// Adopt makes the destination's empty collections, views and, when
// indexesBefore, indexes from a snapshot, all in relaxed form. It is for the
// time before any document is copied. After a crash it is called again, with a
// newer snapshot: what that does not show any more, or shows otherwise, is
// dropped and made anew. A name that is taken on the destination by anything
// else is an error, found before the first collection is made.
func (c *Catalog) Adopt(ctx context.Context, s Source, indexesBefore bool) error {
	views, err := c.viewsMade(ctx)
	if err == nil {
		err = c.dropStale(ctx, s, views)
	}
	if err == nil {
		err = c.intend(ctx, s, views)
	}
	if err != nil {
		return fmt.Errorf("initial schema: %w", err)
	}
	point.Hit("schema.adopt.intent")
	if err := c.each(ctx, c.complete); err != nil {
		return fmt.Errorf("initial schema: %w", err)
	}
	point.Hit("schema.adopt.collections")
	for _, v := range s.Views {
		if err := c.CreateView(ctx, v.NS, v.Options); err != nil {
			return fmt.Errorf("initial schema: %w", err)
		}
	}
	if !indexesBefore {
		return nil
	}
	return c.each(ctx, func(ctx context.Context, e Collection) error { return c.BuildIndexes(ctx, e.Source) })
}

// each calls f for every collection, a few at a time, until the first error.
func (c *Catalog) each(ctx context.Context, f func(context.Context, Collection) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(creators)
	for _, e := range c.Collections() {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return f(ctx, e)
		})
	}
	return group.Wait()
}

// dropStale removes what an earlier, unfinished call made from an older snapshot.
func (c *Catalog) dropStale(ctx context.Context, s Source, views []mdb.Namespace) error {
	for _, ns := range views {
		if slices.ContainsFunc(s.Views, func(v View) bool { return v.NS == ns }) {
			continue
		}
		if err := c.DropView(ctx, ns); err != nil {
			return err
		}
	}
	current := map[UUID]Collection{}
	for _, x := range s.Collections {
		current[x.Source] = x
	}
	for _, e := range c.Collections() {
		if x, ok := current[e.Source]; ok && sameCollection(x, e) {
			continue
		}
		if err := c.dropEmpty(ctx, e); err != nil {
			return err
		}
		point.Hit("schema.adopt.stale")
	}
	return nil
}

func (c *Catalog) dropEmpty(ctx context.Context, e Collection) error {
	found, exists, err := byUUID(ctx, c.dest, e.NS.DB, e.Dest)
	if err != nil {
		return err
	}
	if !e.Dest.IsZero() && exists {
		empty, err := c.isEmpty(ctx, found)
		if err != nil {
			return err
		}
		if !empty {
			return fmt.Errorf("%s changed on the source before the copy began, but its copy on %s already has documents", e.NS, c.dest.Name())
		}
	}
	return c.DropCollection(ctx, e.Source)
}

// intend stores an entry for every collection of the snapshot that has none,
// and the names of the views, after a look whether all their names are free.
func (c *Catalog) intend(ctx context.Context, s Source, views []mdb.Namespace) error {
	var missing []Collection
	wanted := map[mdb.Namespace]bool{}
	for _, x := range s.Collections {
		if _, known := c.BySource(x.Source); !known {
			missing = append(missing, x)
			wanted[x.NS] = true
		}
	}
	names := bson.A{}
	for _, v := range s.Views {
		names = append(names, v.NS)
		wanted[v.NS] = !slices.Contains(views, v.NS)
	}
	if err := c.namesMustBeFree(ctx, wanted); err != nil {
		return err
	}
	if err := c.put(ctx, missing...); err != nil || len(names) == 0 {
		return err
	}
	return c.setMark(ctx, markViews, bson.D{{Key: "$addToSet", Value: bson.D{{Key: "names", Value: bson.D{{Key: "$each", Value: names}}}}}})
}

// namesMustBeFree looks at the names whose value is true.
func (c *Catalog) namesMustBeFree(ctx context.Context, wanted map[mdb.Namespace]bool) error {
	dbs := map[string]bool{}
	for ns := range wanted {
		dbs[ns.DB] = true
	}
	taken, err := c.viewsInTheWay(ctx, wanted)
	if err != nil {
		return err
	}
	for db := range dbs {
		all, err := listNamespaces(ctx, c.dest, db, nil)
		if err != nil {
			return err
		}
		for _, l := range all {
			if wanted[l.ns] && l.kind == "collection" {
				taken = append(taken, l.ns.String())
			}
		}
	}
	if len(taken) > 0 {
		slices.Sort(taken)
		return fmt.Errorf("%s has collections or views of these names already: %s; drop or rename them", c.dest.Name(), strings.Join(taken, ", "))
	}
	return nil
}

// viewsInTheWay are the views of those names, also those that are not shown.
func (c *Catalog) viewsInTheWay(ctx context.Context, wanted map[mdb.Namespace]bool) (taken []string, err error) {
	stored, err := viewsStored(ctx, c.dest, nil)
	for _, ns := range stored {
		if wanted[ns] {
			taken = append(taken, ns.String())
		}
	}
	return taken, err
}

// viewsMade are the names of the views that earlier calls made, or were about
// to: a view has no UUID by which one could tell it from a user's own.
func (c *Catalog) viewsMade(ctx context.Context) ([]mdb.Namespace, error) {
	stored, err := c.mark(ctx, markViews)
	if err != nil || stored == nil {
		return nil, err
	}
	var doc struct{ Names []mdb.Namespace }
	if err := bson.Unmarshal(stored, &doc); err != nil {
		return nil, fmt.Errorf("read the names of the views made so far: %w", err)
	}
	return doc.Names, nil
}
