package schema

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// revealer is the view by which a server is made to read a database's views again.
const revealer = "revsync_internal_views"

// viewTypes are what listCollections and $listCatalog call what is stored as a view.
var viewTypes = bson.D{{Key: "type", Value: bson.D{{Key: "$in", Value: bson.A{"view", "timeseries"}}}}}

// RevealViews has a cluster show the views that it has lost sight of. A primary of
// MongoDB 6.0 (6.0.5 and 6.0.27 were looked at) forgets those of a database when
// a write block refuses a user's dropDatabase: they are stored, but are not listed,
// cannot be read, and a drop of one finds nothing. It reads what is stored again
// when any view of the database is dropped, or when it restarts. That is done only
// where views are hidden. A user who may not run $listCatalog changes nothing.
func RevealViews(ctx context.Context, c *mdb.Cluster) error {
	hidden, err := hiddenViews(ctx, c)
	if err != nil {
		return err
	}
	for _, db := range databasesOf(hidden) {
		if err := reveal(ctx, c, db); err != nil {
			return fmt.Errorf("%s has views in %s that it does not show; restart its primary, or create and drop a view there: %w", c.Name(), db, err)
		}
	}
	return nil
}

// reveal makes and drops a view. The views are back when it is dropped.
func reveal(ctx context.Context, c *mdb.Cluster, db string) error {
	_, err := c.RunMajority(ctx, db, bson.D{{Key: "create", Value: revealer}, {Key: "viewOn", Value: "nothing"}, {Key: "pipeline", Value: bson.A{}}})
	if err != nil && !mdb.HasCode(err, mdb.CodeNamespaceExists) {
		return err
	}
	point.Hit("schema.reveal.created")
	_, err = c.RunMajority(ctx, db, bson.D{{Key: "drop", Value: revealer}})
	if mdb.HasCode(err, mdb.CodeNamespaceNotFound) { // hidden again in this moment
		return nil
	}
	return err
}

// viewsStored names the views and time series that users have on a cluster, those
// that it does not show too. match narrows them down; nil means all.
func viewsStored(ctx context.Context, c *mdb.Cluster, match bson.D) ([]mdb.Namespace, error) {
	docs, err := c.All(ctx, "admin", bson.D{{Key: "aggregate", Value: 1}, {Key: "cursor", Value: bson.D{}}, {Key: "pipeline", Value: bson.A{
		bson.D{{Key: "$listCatalog", Value: bson.D{}}},
		bson.D{{Key: "$match", Value: append(slices.Clone(viewTypes), match...)}},
		bson.D{{Key: "$project", Value: bson.D{{Key: "db", Value: 1}, {Key: "name", Value: 1}}}},
	}}})
	if err != nil {
		return nil, fmt.Errorf("list the views that %s has stored: %w", c.Name(), err)
	}
	var out []mdb.Namespace
	for _, d := range docs {
		var ns mdb.Namespace
		ns.DB, _ = d.Lookup("db").StringValueOK()
		ns.Coll, _ = d.Lookup("name").StringValueOK()
		if ns.User() {
			out = append(out, ns)
		}
	}
	return out, nil
}

// hiddenViews are those that are stored and not shown, and what a crash may have
// left of reveal; none when the user may not look.
func hiddenViews(ctx context.Context, c *mdb.Cluster) ([]mdb.Namespace, error) {
	stored, err := viewsStored(ctx, c, nil)
	if mdb.HasCode(err, mdb.CodeUnauthorized) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	dbs := databasesOf(stored)
	shown := make([][]listed, len(dbs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listers)
	for i, db := range dbs {
		group.Go(func() (err error) {
			shown[i], err = listNamespaces(ctx, c, db, viewTypes)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	seen := map[mdb.Namespace]bool{}
	for _, l := range slices.Concat(shown...) {
		seen[l.ns] = l.ns.Coll != revealer
	}
	return slices.DeleteFunc(stored, func(ns mdb.Namespace) bool { return seen[ns] }), nil
}

// databasesOf names the databases of namespaces, each once.
func databasesOf(of []mdb.Namespace) []string {
	var dbs []string
	for _, ns := range of {
		dbs = append(dbs, ns.DB)
	}
	slices.Sort(dbs)
	return slices.Compact(dbs)
}
