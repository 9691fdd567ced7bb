package applier_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/schema"
)

// The real catalog is the applier's.
var _ applier.Catalog = (*schema.Catalog)(nil)

// limit is how long anything in these tests may take.
const limit = 30 * time.Second

// pair is a source and a destination; each test has a database and an epoch of
// its own on them.
type pair struct {
	a, b     *mongotest.ReplicaSet
	app      *mongo.Client // writes on the source as an application does
	left     *mongo.Client // reads everything of the source
	right    *mongo.Client // the same for the destination
	from, to *mdb.Cluster
}

// worlds counts the tests that share the servers.
var worlds atomic.Int64

func newPair(t *testing.T) *pair {
	t.Helper()
	sets, err := applier.Servers()
	require.NoError(t, err)
	p := &pair{a: sets[0], b: sets[1]}
	p.app = p.a.Client(t, mongotest.DDL)
	p.left, p.right = p.a.Client(t, mongotest.Root), p.b.Client(t, mongotest.Root)
	p.from, p.to = connect(t, "source", p.a), connect(t, "destination", p.b)
	return p
}

func connect(t testing.TB, name string, rs *mongotest.ReplicaSet) *mdb.Cluster {
	c, err := mdb.Connect(name, rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// world is one test's part of a pair: a database, and a replay of what happens
// in it.
type world struct {
	*pair
	t       *testing.T
	name    string
	db      *mongo.Database // on the source
	catalog *schema.Catalog
	keep    func(mdb.Namespace) bool
	start   lifecycle.Position

	mu    sync.Mutex
	saved lifecycle.Position // by the last checkpoint
	seen  []string           // failures told to Report
}

// world begins with a position behind everything written so far.
func (p *pair) world(t *testing.T) *world {
	epoch := int(worlds.Add(1))
	w := &world{pair: p, t: t, name: fmt.Sprintf("test%d", epoch)}
	w.db = p.app.Database(w.name)
	w.keep = func(ns mdb.Namespace) bool {
		return ns.User() && (ns.DB == w.name || strings.HasPrefix(ns.DB, w.name+"_"))
	}
	var err error
	w.catalog, err = schema.OpenCatalog(t.Context(), p.to, epoch)
	require.NoError(t, err)
	w.start, err = applier.OpenPosition(t.Context(), p.from, w.note())
	require.NoError(t, err)
	w.saved = w.start
	return w
}

func (w *world) note() lifecycle.OpTime {
	w.t.Helper()
	at, err := w.from.AppendNote(context.Background(), "test")
	require.NoError(w.t, err)
	return at
}

func (w *world) coll(name string) *mongo.Collection { return w.db.Collection(name) }

// config replays from start, with everything before it as known schema.
func (w *world) config() applier.Config {
	return applier.Config{
		From: w.from, To: w.to, Catalog: w.catalog, Start: w.start, SchemaTime: w.start.Time, Keep: w.keep,
		Workers: 4, CheckpointEvery: 20 * time.Millisecond,
		Report: func(what string, err error) {
			if err != nil {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.seen = append(w.seen, what+": "+err.Error())
			}
		},
		Checkpoint: func(_ context.Context, p lifecycle.Position) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if p.Time.Before(w.saved.Time) {
				return fmt.Errorf("the position went back from %s to %s", w.saved.Time, p.Time)
			}
			w.saved = p
			return nil
		},
	}
}

func (w *world) position() lifecycle.Position {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.saved
}

func (w *world) failures() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// rewind makes the next run start at a position again.
func (w *world) rewind(p lifecycle.Position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start, w.saved = p, p
}

// running is a Run under way.
type running struct {
	*applier.Applier
	w      *world
	cancel context.CancelCauseFunc
	ended  chan error
}

func (w *world) run(cfg applier.Config) *running {
	ctx, cancel := context.WithCancelCause(context.Background())
	r := &running{Applier: applier.New(cfg), w: w, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- r.Run(ctx) }()
	w.t.Cleanup(func() { cancel(applier.ErrAbandoned) })
	return r
}

// wait answers how Run ended.
func (r *running) wait() error {
	r.w.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(limit):
		require.FailNow(r.w.t, "Run does not end", "status %+v, failures %v", r.Status(), r.w.failures())
		return nil
	}
}

// finish lets the replay reach what has been written so far, and ends it.
func (r *running) finish() {
	r.w.t.Helper()
	r.StopAt(r.w.note())
	require.NoError(r.w.t, r.wait())
}

// until polls a condition.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	require.Eventually(w.t, ok, limit, 2*time.Millisecond, what)
}

// replay runs from start up to now.
func (w *world) replay() {
	w.t.Helper()
	w.run(w.config()).finish()
}

// same compares the documents of the test's databases byte by byte, sorted by
// _id, or in natural order where it is capped. It knows nothing of the engine.
func (w *world) same() {
	w.t.Helper()
	left, right := scan(w.t, w.left, w.name), scan(w.t, w.right, w.name)
	require.Equal(w.t, names(left), names(right), "collections")
	for ns, docs := range left {
		other := right[ns]
		require.Equal(w.t, len(docs), len(other), "documents in %s", ns)
		for i := range docs {
			if !bytes.Equal(docs[i], other[i]) {
				require.Equal(w.t, docs[i].String(), other[i].String(), "%s, document %d", ns, i)
				require.Equal(w.t, docs[i], other[i], "%s, document %d", ns, i)
			}
		}
	}
}

func names(m map[string][]bson.Raw) []string {
	out := []string{}
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func scan(t *testing.T, c *mongo.Client, prefix string) map[string][]bson.Raw {
	t.Helper()
	out := map[string][]bson.Raw{}
	dbs, err := c.ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: bson.Regex{Pattern: "^" + prefix + "(_|$)"}}})
	require.NoError(t, err)
	for _, db := range dbs {
		list, err := c.Database(db).ListCollectionSpecifications(t.Context(), bson.D{})
		require.NoError(t, err)
		for _, spec := range list {
			if spec.Type != "collection" || strings.HasPrefix(spec.Name, "system.") {
				continue
			}
			capped, _ := spec.Options.Lookup("capped").BooleanOK()
			out[db+"."+spec.Name] = documents(t, c.Database(db).Collection(spec.Name), capped)
		}
	}
	return out
}

func documents(t *testing.T, c *mongo.Collection, natural bool) []bson.Raw {
	t.Helper()
	order := bson.D{{Key: "_id", Value: 1}}
	if natural {
		order = bson.D{{Key: "$natural", Value: 1}}
	}
	cur, err := c.Find(t.Context(), bson.D{}, options.Find().SetSort(order))
	require.NoError(t, err)
	docs := []bson.Raw{}
	for cur.Next(t.Context()) {
		docs = append(docs, slices.Clone(cur.Current))
	}
	require.NoError(t, cur.Err())
	return docs
}

// d makes a document of names and values in turn.
func d(namesAndValues ...any) bson.D {
	doc := bson.D{}
	for i := 0; i < len(namesAndValues); i += 2 {
		doc = append(doc, bson.E{Key: namesAndValues[i].(string), Value: namesAndValues[i+1]})
	}
	return doc
}

// do runs a command on the test's source database.
func (w *world) do(command ...any) {
	w.t.Helper()
	require.NoError(w.t, w.db.RunCommand(w.t.Context(), d(command...)).Err())
}
