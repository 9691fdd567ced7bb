package schema

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

var errNotYet = errors.New("schema: not written yet")

// Source is a snapshot of a cluster's collections and views.
type Source struct {
	Collections []Collection // sorted by name; Dest is zero
	Views       []View
	At          lifecycle.OpTime // DDL up to here is part of the snapshot, later DDL comes as change events
}

// View is a view's definition as listCollections shows it.
type View struct {
	NS      mdb.Namespace
	Options bson.Raw
}

// Snapshot lists.
func Snapshot(ctx context.Context, c *mdb.Cluster, keep func(mdb.Namespace) bool, report mdb.Report) (Source, error) {
	return Source{}, errNotYet
}

// Catalog maps.
type Catalog struct{}

func OpenCatalog(ctx context.Context, dest *mdb.Cluster, epoch int) (*Catalog, error) {
	return nil, errNotYet
}
func (c *Catalog) Collections() []Collection                                     { return nil }
func (c *Catalog) BySource(u UUID) (Collection, bool)                            { return Collection{}, false }
func (c *Catalog) Adopt(ctx context.Context, s Source, indexesBefore bool) error { return errNotYet }
func (c *Catalog) CreateCollection(ctx context.Context, source UUID, ns mdb.Namespace, options bson.Raw) error {
	return errNotYet
}
func (c *Catalog) DropCollection(ctx context.Context, source UUID) error { return errNotYet }
func (c *Catalog) RenameCollection(ctx context.Context, source UUID, to mdb.Namespace, dropTarget UUID) error {
	return errNotYet
}
func (c *Catalog) DropDatabase(ctx context.Context, db string) error { return errNotYet }
func (c *Catalog) CreateIndexes(ctx context.Context, source UUID, specs []bson.Raw) error {
	return errNotYet
}
func (c *Catalog) DropIndexes(ctx context.Context, source UUID, names []string) error {
	return errNotYet
}
func (c *Catalog) Modify(ctx context.Context, source UUID, description bson.Raw) error {
	return errNotYet
}
func (c *Catalog) CreateView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error {
	return errNotYet
}
func (c *Catalog) DropView(ctx context.Context, ns mdb.Namespace) error { return errNotYet }
func (c *Catalog) ModifyView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error {
	return errNotYet
}
func (c *Catalog) BuildIndexes(ctx context.Context, source UUID) error { return errNotYet }
func (c *Catalog) RetryFailed(ctx context.Context) error               { return errNotYet }
func (c *Catalog) IndexCounts() (built, total, collectionsFinished, collectionCount int) {
	return 0, 0, 0, 0
}
func (c *Catalog) Restore(ctx context.Context) error       { return errNotYet }
func (c *Catalog) RelaxAgain(ctx context.Context) error    { return errNotYet }
func (c *Catalog) EnforceUnique(ctx context.Context) error { return errNotYet }
func (c *Catalog) HandOver(ctx context.Context, to *mdb.Cluster, epoch int) (*Catalog, error) {
	return nil, errNotYet
}
func (c *Catalog) Relax(ctx context.Context) error   { return errNotYet }
func (c *Catalog) Unrelax(ctx context.Context) error { return errNotYet }
func (c *Catalog) Drop(ctx context.Context) error    { return errNotYet }
