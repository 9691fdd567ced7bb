package applier_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// fail makes the engine's commands of one name fail on a server until the
// function it answers is called.
func fail(t *testing.T, rs *mongotest.ReplicaSet, mode any, data bson.D, commands ...string) (heal func()) {
	t.Helper()
	root := rs.Client(t, mongotest.Root).Database("admin")
	data = append(data, d("failCommands", commands, "appName", mdb.AppName)...)
	require.NoError(t, root.RunCommand(t.Context(), d("configureFailPoint", "failCommand", "mode", mode, "data", data)).Err())
	off := func() {
		require.NoError(t, root.RunCommand(context.Background(), d("configureFailPoint", "failCommand", "mode", "off")).Err())
	}
	t.Cleanup(off)
	return off
}

// load writes a random mix until stop is closed, and answers what went wrong.
func (w *world) load(stop <-chan struct{}, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 1))
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		default:
		}
		var models []mongo.WriteModel
		for range 20 {
			id := random.IntN(100)
			var key any = id
			if random.IntN(2) == 0 {
				key = float64(id)
			}
			switch random.IntN(6) {
			case 0:
				models = append(models, mongo.NewDeleteOneModel().SetFilter(d("_id", key)))
			case 1:
				models = append(models, mongo.NewReplaceOneModel().SetUpsert(true).SetFilter(d("_id", key)).SetReplacement(d("n", n, "pad", padding, "arr", bson.A{1, 2, 3})))
			case 2:
				models = append(models, mongo.NewUpdateOneModel().SetFilter(d("_id", key)).SetUpdate(d("$unset", d("sub", 1))))
			case 3:
				models = append(models, mongo.NewUpdateOneModel().SetFilter(d("_id", key)).SetUpdate(d("$push", d("arr", d("$each", bson.A{n}, "$slice", -5)))))
			case 4:
				models = append(models, mongo.NewUpdateOneModel().SetUpsert(true).SetFilter(d("_id", key)).SetUpdate(d("$set", d("n", n, fmt.Sprintf("f%d", n%7), n))))
			case 5:
				models = append(models, mongo.NewUpdateOneModel().SetFilter(d("_id", key)).SetUpdate(d("$set", d(fmt.Sprintf("sub.x%d", n%5), d("deep", n)))))
			}
		}
		if _, err := w.coll("load").BulkWrite(context.Background(), models); err != nil {
			return err
		}
	}
}

// underLoad runs f while somebody writes, and answers when the writer has
// stopped.
func (w *world) underLoad(f func()) {
	w.t.Helper()
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- w.load(stop, 1) }()
	f()
	close(stop)
	require.NoError(w.t, <-ended)
}

func TestFaults(t *testing.T) {
	p := newPair(t)
	moment := d("errorCode", 11602) // InterruptedDueToReplStateChange
	for name, fault := range map[string]struct {
		destination bool
		data        bson.D
		commands    []string
		said        string
	}{
		"getMore fails":               {data: moment, commands: []string{"getMore"}, said: "read the change stream"},
		"the stream cannot be opened": {data: d("closeConnection", true), commands: []string{"aggregate", "getMore"}, said: "read the change stream"},
		"writes fail":                 {destination: true, data: moment, commands: []string{"insert", "update", "delete"}, said: "apply change events"},
		"connections break at writes": {destination: true, data: d("closeConnection", true), commands: []string{"insert", "update", "delete"}, said: "apply change events"},
		"a majority does not confirm": {destination: true, data: d("writeConcernError", d("code", 64, "errmsg", "waiting for replication timed out")), commands: []string{"insert", "update", "delete"}, said: "not confirmed by a majority"},
		"write conflicts":             {destination: true, data: d("errorCode", 112), commands: []string{"update"}, said: "apply change events"},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			r := w.run(w.config())
			w.underLoad(func() {
				w.until("events are applied", func() bool { return r.Status().Events > 100 })
				rs := p.a
				if fault.destination {
					rs = p.b
				}
				heal := fail(t, rs, "alwaysOn", fault.data, fault.commands...)
				w.until("the fault is reported", func() bool { return strings.Contains(strings.Join(w.failures(), "\n"), fault.said) })
				heal()
				after := r.Status().Events
				w.until("it goes on", func() bool { return r.Status().Events > after+100 })
			})
			r.finish()
			w.same()
		})
	}
}

func TestPrimariesStepDown(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	r := w.run(w.config())
	w.many("load", 100)
	w.until("events are applied", func() bool { return r.Status().Events > 50 })
	for _, rs := range []*mongotest.ReplicaSet{p.b, p.a} {
		require.NoError(t, rs.StepDown(t.Context()))
		w.update("load", d(), d("$inc", d("n", 1)), "multi", true)
	}
	r.finish()
	w.same()
}

// TestAbandonedAtAnyMoment ends runs at random moments, without a farewell, and
// goes on from the last checkpoint each time, as after a crash.
func TestAbandonedAtAnyMoment(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	random := rand.New(rand.NewPCG(7, 7))
	w.underLoad(func() {
		for range 15 {
			r := w.run(w.config())
			ago := r.Status().Events + int64(random.IntN(400))
			w.until("events are applied", func() bool { return r.Status().Events >= ago })
			r.cancel(applier.ErrAbandoned)
			require.ErrorIs(t, r.wait(), applier.ErrAbandoned)
			w.rewind(w.position())
		}
	})
	w.replay()
	w.same()
}

// TestEndOfContext checks the difference between an end in good order and an
// abandoned run.
func TestEndOfContext(t *testing.T) {
	p := newPair(t)
	stop := errors.New("somebody pressed the button")
	for name, cause := range map[string]error{"in good order": stop, "abandoned": applier.ErrAbandoned} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			cfg := w.config()
			cfg.CheckpointEvery = time.Hour
			written := make(chan lifecycle.Position, 100)
			cfg.Checkpoint = func(_ context.Context, at lifecycle.Position) error { written <- at; return nil }
			cfg.SchemaTime = lifecycle.OpTime{} // so that create comes with two checkpoints of its own
			r := w.run(cfg)
			w.many("c", 10)
			w.until("all is applied", func() bool { return r.Status().Events == 11 })
			for len(written) > 0 {
				<-written
			}
			last := r.Status().Position
			r.cancel(cause)
			require.ErrorIs(t, r.wait(), cause)
			if cause == applier.ErrAbandoned {
				require.Empty(t, written)
				return
			}
			require.Len(t, written, 1)
			require.False(t, (<-written).Time.Before(last.Time))
		})
	}
	t.Run("the batch in hand is finished", func(t *testing.T) {
		w := p.world(t)
		w.many("c", 1)
		w.replay()
		w.rewind(w.position())
		fail(t, p.b, "alwaysOn", d("blockConnection", true, "blockTimeMS", 300), "insert")
		r := w.run(w.config())
		w.do("insert", "c", "documents", bson.A{d("_id", "in hand")})
		w.until("it is read", func() bool { return r.Status().QueuedEvents+r.Status().Events == 1 })
		r.cancel(stop)
		require.ErrorIs(t, r.wait(), stop)
		w.same()
		require.EqualValues(t, 1, r.Status().Events)
		require.Equal(t, w.position(), r.Status().Position)
	})
}

// insertAt inserts a document and answers the cluster time of that.
func (w *world) insertAt(id any) lifecycle.OpTime {
	w.t.Helper()
	reply, err := w.db.RunCommand(w.t.Context(), d("insert", "c", "documents", bson.A{d("_id", id)})).Raw()
	require.NoError(w.t, err)
	at, err := mdb.OperationTime(reply)
	require.NoError(w.t, err)
	return at
}

// streamAwait is how long the source waits for events before it answers.
const streamAwait = time.Second

func TestStopAt(t *testing.T) {
	p := newPair(t)
	t.Run("an idle source does not hold it up", func(t *testing.T) {
		w := p.world(t)
		w.many("c", 1)
		w.replay()
		fastest := time.Hour
		for range 5 {
			w.rewind(w.position())
			r := w.run(w.config())
			w.do("insert", "c", "documents", bson.A{d()})
			w.until("it waits for events", func() bool { return r.Status().Events == 1 && r.Status().CaughtUp })
			at := w.note()
			begin := time.Now()
			r.StopAt(at)
			require.NoError(t, r.wait())
			fastest = min(fastest, time.Since(begin))
			require.True(t, at.Before(w.position().Time))
		}
		t.Logf("ended after %d ms", fastest.Milliseconds())
		require.Less(t, fastest, streamAwait/2, "it must not sit out the wait for events")
	})
	t.Run("after a restart at the wished time", func(t *testing.T) {
		w := p.world(t)
		at := w.note()
		w.rewind(lifecycle.Position{Time: at})
		r := w.run(w.config())
		r.StopAt(at)
		require.NoError(t, r.wait())
	})
	t.Run("what comes later is not applied", func(t *testing.T) {
		w := p.world(t)
		w.many("c", 500)
		at := w.note()
		w.do("insert", "c", "documents", bson.A{d("_id", "too late")})
		r := w.run(w.config())
		r.StopAt(at)
		require.NoError(t, r.wait())
		require.Len(t, scan(t, w.right, w.name)[w.name+".c"], 500)
		require.False(t, at.Before(w.position().Time), "the position is not behind what was left out")
		w.rewind(w.position())
		w.replay()
		w.same()
	})
	t.Run("what comes at that very time is applied", func(t *testing.T) {
		w := p.world(t)
		r := w.run(w.config())
		w.many("c", 5)
		r.StopAt(w.insertAt("last"))
		require.NoError(t, r.wait())
		w.same()
	})
	t.Run("under load it loses nothing", func(t *testing.T) {
		for range 5 {
			w := p.world(t)
			r := w.run(w.config())
			w.underLoad(func() { w.until("events are applied", func() bool { return r.Status().Events > 300 }) })
			r.StopAt(w.note())
			require.NoError(t, r.wait())
			w.same()
		}
	})
	t.Run("while somebody writes it ends between transactions", func(t *testing.T) {
		w := p.world(t)
		r := w.run(w.config())
		w.underLoad(func() {
			w.until("events are applied", func() bool { return r.Status().Events > 300 })
			r.StopAt(w.note())
			require.NoError(t, r.wait())
		})
		w.rewind(w.position())
		w.replay()
		w.same()
	})
}
