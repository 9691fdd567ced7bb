package copier_test

import (
	"context"
	"slices"
	"sync"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// catalog creates real collections on the destination and builds real indexes;
// it knows nothing of relaxing.
type catalog struct {
	w     *world
	mu    sync.Mutex
	colls []schema.Collection
	built []schema.UUID // in the order of BuildIndexes
}

// catalog makes the destination's collections for all of the databases'.
func (w *world) catalog(dbs ...string) *catalog {
	c := &catalog{w: w}
	for _, db := range dbs {
		specs, err := w.src.Database(db).ListCollectionSpecifications(w.ctx(), bson.D{})
		require.NoError(w.t, err)
		for _, s := range specs {
			c.add(db, s)
		}
	}
	return c
}

func (c *catalog) add(db string, s mongo.CollectionSpecification) {
	t, ctx := c.w.t, c.w.ctx()
	var opts bson.D
	require.NoError(t, bson.Unmarshal(s.Options, &opts))
	require.NoError(t, c.w.dst.Database(db).RunCommand(ctx, append(bson.D{{Key: "create", Value: s.Name}}, opts...)).Err())
	made, err := c.w.dst.Database(db).ListCollectionSpecifications(ctx, bson.D{{Key: "name", Value: s.Name}})
	require.NoError(t, err)
	coll := schema.Collection{
		Source: schema.UUID(s.UUID.Data), Dest: schema.UUID(made[0].UUID.Data),
		NS: mdb.Namespace{DB: db, Coll: s.Name}, Options: s.Options,
	}
	cur, err := c.w.src.Database(db).Collection(s.Name).Indexes().List(ctx)
	require.NoError(t, err)
	for cur.Next(ctx) {
		name := cur.Current.Lookup("name").StringValue()
		if name != "_id_" && cur.Current.Lookup("clustered").IsZero() {
			coll.Indexes = append(coll.Indexes, schema.Index{Name: name, Spec: slices.Clone(cur.Current), State: schema.IndexPending})
		}
	}
	require.NoError(t, cur.Err())
	c.colls = append(c.colls, coll)
}

func (c *catalog) Collections() []schema.Collection {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.colls)
}

func (c *catalog) BuildIndexes(ctx context.Context, source schema.UUID) error {
	c.mu.Lock()
	at := slices.IndexFunc(c.colls, func(x schema.Collection) bool { return x.Source == source })
	coll := c.colls[at]
	c.mu.Unlock()
	specs := bson.A{}
	for _, i := range coll.Indexes {
		specs = append(specs, i.Spec)
	}
	_, err := c.w.to.Run(ctx, coll.NS.DB, bson.D{{Key: "createIndexes", Value: coll.NS.Coll}, {Key: "indexes", Value: specs}})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.built = append(c.built, source)
	return err
}

// pretendIndexes makes an index pending in each of the collections.
func (c *catalog) pretendIndexes(colls ...string) {
	spec, err := bson.Marshal(bson.D{{Key: "key", Value: bson.D{{Key: "v", Value: 1}}}, {Key: "name", Value: "v_1"}})
	require.NoError(c.w.t, err)
	for i, coll := range c.colls {
		if slices.Contains(colls, coll.NS.Coll) {
			c.colls[i].Indexes = []schema.Index{{Name: "v_1", Spec: spec, State: schema.IndexPending}}
		}
	}
}

// order is the names of the collections whose indexes were built, in this order.
func (c *catalog) order() (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range c.built {
		at := slices.IndexFunc(c.colls, func(x schema.Collection) bool { return x.Source == u })
		names = append(names, c.colls[at].NS.Coll)
	}
	return names
}

// indexes finds an index of the destination by name.
func (w *world) indexes(db, coll, name string) (found []bson.Raw) {
	cur, err := w.dst.Database(db).Collection(coll).Indexes().List(w.ctx())
	require.NoError(w.t, err)
	var all []bson.Raw
	require.NoError(w.t, cur.All(w.ctx(), &all))
	return slices.DeleteFunc(all, func(d bson.Raw) bool { return d.Lookup("name").StringValue() != name })
}
