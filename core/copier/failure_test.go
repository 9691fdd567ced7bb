package copier_test

import (
	"context"
	"errors"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
)

// small makes many batches out of few documents, one at a time.
var small = copier.Limits{RangeBytes: 100_000, BatchDocuments: 20, HeldBytes: 1}

// TestTransientFailures: the copy goes on where it was, and the failure was shown.
func TestTransientFailures(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 500)
	concern := bson.D{{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 64}, {Key: "errmsg", Value: "waited too long"}}}}
	for name, fail := range map[string]struct {
		source bool
		data   bson.D
		code   int
	}{
		"getMore, stepped down": {true, failing(189, "getMore"), 189},
		"getMore, cursor lost":  {true, failing(43, "getMore"), 43},
		"find, not primary":     {true, failing(10107, "find"), 10107},
		"getMore, hang up":      {true, bson.D{{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "closeConnection", Value: true}}, 0},
		"insert, time limit":    {false, failing(262, "insert"), 262},
		"insert, hang up":       {false, bson.D{{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "closeConnection", Value: true}}, 0},
		"insert, no majority":   {false, concern, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.with(t)
			run(t, w.dst, "shop", bson.D{{Key: "dropDatabase", Value: 1}})
			job := w.job(w.catalog("shop"), small)
			_, err := job.Partition(w.ctx())
			require.NoError(t, err)
			side := w.dst
			if fail.source {
				side = w.src
			}
			failCommand(t, side, times(2), fail.data)
			require.NoError(t, job.Copy(w.ctx()))
			w.requireEqual("shop", "orders", false)
			require.Len(t, w.reports.errs, 2, "each failure is reported")
			if fail.code != 0 {
				require.Equal(t, 2, w.reports.count(fail.code))
			}
			once := 0
			for _, d := range content(t, w.src, "shop", "orders") {
				once += len(d)
			}
			require.LessOrEqual(t, job.Copied(), int64(once+2*1100), "at most one document is read again for a failure")
		})
	}
}

// TestPermanentFailures: the copy ends with an error that names the collection
// and the code. None of its goroutines may be left waiting for another one.
func TestPermanentFailures(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 300)
	w.numbered("shop", "items", 300)
	for name, fail := range map[string]struct {
		source bool
		data   bson.D
		want   string
	}{
		"getMore":     {true, failing(13, "getMore"), "(Unauthorized)"},
		"find":        {true, failing(2, "find"), "(BadValue)"},
		"insert":      {false, failing(14031, "insert"), "(OutOfDiskSpace)"},
		"no right":    {false, failing(13, "insert"), "(Unauthorized)"},
		"record done": {false, failing(14031, "update"), "(OutOfDiskSpace)"},
		"index":       {false, failing(67, "createIndexes"), "(CannotCreateIndex)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.with(t)
			run(t, w.dst, "shop", bson.D{{Key: "dropDatabase", Value: 1}})
			cat := w.catalog("shop")
			cat.pretendIndexes("orders", "items")
			job := w.job(cat, small)
			_, err := job.Partition(w.ctx())
			require.NoError(t, err)
			side := w.dst
			if fail.source {
				side = w.src
			}
			failCommand(t, side, "alwaysOn", fail.data)
			err = job.Copy(w.ctx())
			require.ErrorContains(t, err, "shop.")
			require.ErrorContains(t, err, fail.want)
			requireNoGoroutines(t)
		})
	}
}

// TestRefusedDocument: a duplicate of another index than that on _id is not
// "already there".
func TestRefusedDocument(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 100)
	cat := w.catalog("shop")
	run(t, w.dst, "shop", bson.D{{Key: "createIndexes", Value: "orders"}, {Key: "indexes", Value: bson.A{
		bson.D{{Key: "key", Value: bson.D{{Key: "v", Value: 1}}}, {Key: "name", Value: "v_1"}, {Key: "unique", Value: true}}}}})
	job := w.job(cat, copier.Limits{})
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	err = job.Copy(w.ctx())
	require.ErrorContains(t, err, "shop.orders")
	require.ErrorContains(t, err, "code 11000")
}

// TestWrongCollection: a collection that has taken the place of the one that
// was created must not be written to.
func TestWrongCollection(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 10)
	cat := w.catalog("shop")
	run(t, w.dst, "shop", bson.D{{Key: "drop", Value: "orders"}})
	run(t, w.dst, "shop", bson.D{{Key: "create", Value: "orders"}})
	job := w.job(cat, copier.Limits{})
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	require.ErrorContains(t, job.Copy(w.ctx()), "code 361")
	require.Empty(t, content(t, w.dst, "shop", "orders"))
}

// TestPause ends a copy while an insert hangs: it returns at once, with the
// cause. The next copy waits for that insert, which is still to come, and
// completes.
func TestPause(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 600)
	job := w.job(w.catalog("shop"), small)
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	held, release := hold(t, w.dst, "shop.orders")
	w.pause(job, func() { held(1) })
	done := begin(w.ctx(), job)
	select {
	case err := <-done:
		require.Fail(t, "the copy went on beside an insert that may come late", "%v", err)
	case <-time.After(300 * time.Millisecond):
	}
	release()
	require.NoError(t, <-done)
	w.requireEqual("shop", "orders", false)
}

// TestPauseWithFullQueue: readers that wait for room in the queue are let go too.
func TestPauseWithFullQueue(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 600)
	job := w.job(w.catalog("shop"), copier.Limits{RangeBytes: 100_000, BatchDocuments: 1})
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	hold(t, w.dst, "shop.orders")
	start := w.returned()
	const queue, writers, readers = 64, 3, 2
	w.pause(job, func() {
		require.Eventually(t, func() bool { return w.returned()-start >= queue+writers+readers }, 20*time.Second, 5*time.Millisecond)
	})
}

// pause begins a copy and ends it when ready has returned.
func (w *world) pause(job *copier.Job, ready func()) {
	ctx, cancel := context.WithCancelCause(w.ctx())
	done := begin(ctx, job)
	ready()
	paused := errors.New("paused by the user")
	asked := time.Now()
	cancel(paused)
	require.ErrorIs(w.t, <-done, paused)
	require.Less(w.t, time.Since(asked), 5*time.Second)
	requireNoGoroutines(w.t)
}

// returned is how many documents the source has answered to anybody.
func (w *world) returned() int64 {
	return run(w.t, w.src, "admin", bson.D{{Key: "serverStatus", Value: 1}}).Lookup("metrics", "document", "returned").AsInt64()
}

// TestBoundedMemory: while the destination hangs, the source is not read on.
func TestBoundedMemory(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 2000)
	limits := copier.Limits{RangeBytes: 200_000, BatchDocuments: 10, HeldBytes: 100_000}
	job := w.job(w.catalog("shop"), limits)
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	start := w.returned()
	held, release := hold(t, w.dst, "shop.orders")
	done := begin(w.ctx(), job)
	held(3)                             // as many as there are writers
	const servers = 50                  // may be answered to the servers themselves meanwhile
	most := int64(100 + 2*10 + servers) // held, and what each reader wants to hand over
	for until := time.Now().Add(300 * time.Millisecond); time.Now().Before(until); {
		require.LessOrEqual(t, w.returned()-start, most)
	}
	release()
	require.NoError(t, <-done)
	require.Greater(t, w.returned()-start, most)
	w.requireEqual("shop", "orders", false)
}

// requireNoGoroutines fails if any goroutine still runs the copier's code.
func requireNoGoroutines(t testing.TB) {
	t.Helper()
	var dump strings.Builder
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&dump, 1))
	require.NotContains(t, dump.String(), "core/copier.(")
}
