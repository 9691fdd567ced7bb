package copier_test

import (
	"context"
	"fmt"
	"os"
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

// begin starts Copy and answers where its error will come.
func begin(ctx context.Context, j *copier.Job) <-chan error {
	done := make(chan error, 1)
	go func() { done <- j.Copy(ctx) }()
	return done
}
