package copier_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/schema"
)

// world is two clusters as the engine sees them and as a user sees them.
type world struct {
	t        testing.TB
	from, to *mdb.Cluster
	src, dst *mongo.Client // as Root
	reports  *reports
}

// sets are the two replica sets that all tests of this package use, one after
// the other.
var sets [2]*mongotest.ReplicaSet

func TestMain(m *testing.M) { os.Exit(withSets(m)) }

func withSets(m *testing.M) int {
	var group errgroup.Group
	for i := range sets {
		group.Go(func() (err error) {
			sets[i], err = mongotest.Start(context.Background(), mongotest.Options{Name: fmt.Sprint("rs", i)})
			return err
		})
	}
	err := group.Wait()
	for _, rs := range sets {
		if rs != nil {
			defer func() { _ = rs.Remove() }()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// newWorld answers two clusters without user data.
func newWorld(t testing.TB) *world {
	w := &world{t: t, src: sets[0].Client(t, mongotest.Root), dst: sets[1].Client(t, mongotest.Root), reports: &reports{}}
	w.from, w.to = connect(t, "source", sets[0]), connect(t, "destination", sets[1])
	for _, c := range []*mongo.Client{w.src, w.dst} {
		names, err := c.ListDatabaseNames(w.ctx(), bson.D{{Key: "name", Value: bson.D{{Key: "$nin", Value: bson.A{"admin", "config", "local"}}}}})
		require.NoError(t, err)
		for _, name := range names {
			require.NoError(t, c.Database(name).Drop(w.ctx()))
		}
	}
	return w
}

func connect(t testing.TB, name string, rs *mongotest.ReplicaSet) *mdb.Cluster {
	c, err := mdb.Connect(name, rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// job makes a job over a catalog; the read time is now, as P0 would be.
func (w *world) job(c copier.Catalog, limits copier.Limits) *copier.Job {
	at, err := w.from.AppendNote(w.ctx(), "test")
	require.NoError(w.t, err)
	return &copier.Job{
		From: w.from, To: w.to, Catalog: c, ReadTime: at, IndexWhen: lifecycle.AfterDataCopy,
		Report: w.reports.take, Limits: limits,
	}
}

// copyAll partitions and copies.
func (w *world) copyAll(c copier.Catalog, limits copier.Limits) *copier.Job {
	j := w.job(c, limits)
	_, err := j.Partition(w.ctx())
	require.NoError(w.t, err)
	require.NoError(w.t, j.Copy(w.ctx()))
	return j
}

// ctx ends before the test's own limit, so that a hang fails with a message.
func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	w.t.Cleanup(cancel)
	return ctx
}

// reports remembers every failure that was reported.
type reports struct {
	mu   sync.Mutex
	errs []error
}

func (r *reports) take(_ string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// count is how many reported errors have this code.
func (r *reports) count(code int) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range r.errs {
		if mdb.HasCode(err, code) {
			n++
		}
	}
	return n
}

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

// insert puts documents into the source, unordered, as a user would.
func (w *world) insert(db, coll string, docs ...any) {
	_, err := w.src.Database(db).Collection(coll).InsertMany(w.ctx(), docs, options.InsertMany().SetOrdered(false))
	require.NoError(w.t, err)
}

// run runs a command as Root.
func run(t testing.TB, c *mongo.Client, db string, cmd bson.D) bson.Raw {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	reply, err := c.Database(db).RunCommand(ctx, cmd).Raw()
	require.NoError(t, err, "%v", cmd[0])
	return reply
}

// content reads a collection as it lies there, byte for byte.
func content(t testing.TB, c *mongo.Client, db, coll string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cur, err := c.Database(db).Collection(coll).Find(ctx, bson.D{}, options.Find().SetHint(bson.D{{Key: "$natural", Value: 1}}))
	require.NoError(t, err)
	var out []string
	for cur.Next(ctx) {
		out = append(out, string(cur.Current))
	}
	require.NoError(t, cur.Err())
	return out
}

// requireEqual compares a whole collection; the order counts only for capped ones.
func (w *world) requireEqual(db, coll string, inOrder bool) {
	w.t.Helper()
	requireSame(w.t, content(w.t, w.src, db, coll), content(w.t, w.dst, db, coll), inOrder)
}

// requireSame shows the first document that differs.
func requireSame(t testing.TB, want, got []string, inOrder bool) {
	t.Helper()
	if !inOrder {
		slices.Sort(want)
		slices.Sort(got)
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			require.Fail(t, "documents differ", "at %d: %.200s and %.200s", i, bson.Raw(want[i]), bson.Raw(got[i]))
		}
	}
	require.Equal(t, len(want), len(got), "number of documents")
}

// with is the same world for a subtest.
func (w *world) with(t *testing.T) *world {
	sub := *w
	sub.t, sub.reports = t, &reports{}
	return &sub
}

// ranges reads what is recorded of the ranges.
func (w *world) ranges() (out []copier.Range) {
	cur, err := w.dst.Database(mdb.MetadataDB).Collection("ranges").Find(w.ctx(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	require.NoError(w.t, err)
	require.NoError(w.t, cur.All(w.ctx(), &out))
	return out
}

// failCommand arms the fail point for the engine's connections.
func failCommand(t testing.TB, c *mongo.Client, mode any, data bson.D) {
	run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode},
		{Key: "data", Value: append(data, bson.E{Key: "appName", Value: mdb.AppName})}})
	t.Cleanup(func() { disarm(t, c) })
}

func disarm(t testing.TB, c *mongo.Client) {
	run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: "off"}})
}

func times(n int) bson.D { return bson.D{{Key: "times", Value: n}} }

func skip(n int) bson.D { return bson.D{{Key: "skip", Value: n}} }

// failing makes commands fail with a code.
func failing(code int, commands ...string) bson.D {
	return bson.D{{Key: "failCommands", Value: commands}, {Key: "errorCode", Value: code}}
}

// hold keeps inserts into a collection from being carried out until release
// is called. entered waits until so many of them are held.
func hold(t testing.TB, c *mongo.Client, ns string) (entered func(n int), release func()) {
	const name = "hangDuringBatchInsert"
	reply := run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: "alwaysOn"}, {Key: "data", Value: bson.D{{Key: "nss", Value: ns}}}})
	before, _ := reply.Lookup("count").AsInt64OK()
	release = sync.OnceFunc(func() {
		run(t, c, "admin", bson.D{{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: "off"}})
	})
	t.Cleanup(release)
	entered = func(n int) {
		cmd := bson.D{{Key: "waitForFailPoint", Value: name}, {Key: "timesEntered", Value: before + int64(n)}, {Key: "maxTimeMS", Value: 20_000}}
		// Without a deadline, of which the driver would make another maxTimeMS.
		require.NoError(t, c.Database("admin").RunCommand(context.Background(), cmd).Err())
	}
	return entered, release
}

// numbered fills a collection with documents of _id 0 to n-1, of about 1 kB.
func (w *world) numbered(db, coll string, n int) {
	docs := make([]any, n)
	for i := range docs {
		docs[i] = bson.D{{Key: "_id", Value: i}, {Key: "v", Value: i % 7}, {Key: "pad", Value: make([]byte, 1000)}}
	}
	_, err := w.src.Database(db).Collection(coll).InsertMany(w.ctx(), docs)
	require.NoError(w.t, err)
}

// begin starts Copy and answers where its error will come.
func begin(ctx context.Context, j *copier.Job) <-chan error {
	done := make(chan error, 1)
	go func() { done <- j.Copy(ctx) }()
	return done
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
