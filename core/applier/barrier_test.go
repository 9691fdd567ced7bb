package applier_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/internal/memory"
)

// holdIndexBuilds keeps index builds of the destination from going on until
// release is called. started waits until so many are held.
func (w *world) holdIndexBuilds() (started func(n int64), release func()) {
	w.t.Helper()
	admin := w.right.Database("admin")
	set := func(mode string) int64 {
		reply, err := admin.RunCommand(context.Background(), d("configureFailPoint", "hangAfterStartingIndexBuild", "mode", mode)).Raw()
		require.NoError(w.t, err)
		count, _ := reply.Lookup("count").AsInt64OK()
		return count
	}
	before := set("alwaysOn")
	release = sync.OnceFunc(func() { set("off") })
	w.t.Cleanup(release)
	return func(n int64) {
		w.t.Helper()
		cmd := d("waitForFailPoint", "hangAfterStartingIndexBuild", "timesEntered", before+n, "maxTimeMS", 20_000)
		require.NoError(w.t, admin.RunCommand(context.Background(), cmd).Err())
	}, release
}

// arrived is how many documents of a collection are on the destination.
func (w *world) arrived(coll string) int64 {
	n, err := w.right.Database(w.name).Collection(coll).CountDocuments(context.Background(), bson.D{})
	require.NoError(w.t, err)
	return n
}

// fill inserts documents with new ids.
func (w *world) fill(coll string, from, n int) {
	docs := bson.A{}
	for i := range n {
		docs = append(docs, d("_id", from+i, "pad", padding))
	}
	w.do("insert", coll, "documents", docs)
}

func index(field string) bson.A { return bson.A{d("key", d(field, 1), "name", field)} }

// TestOthersGoPast: while an index is being built, changes of other collections
// are applied, more of them than the replies of the stream that may be open; those
// of the same collection wait; the position waits too.
func TestOthersGoPast(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	w.many("c", 50)
	w.many("other", 10)
	w.many("moving", 10)
	w.replay()
	w.rewind(w.position())
	started, release := w.holdIndexBuilds()
	r := w.run(w.config())
	w.do("createIndexes", "c", "indexes", index("x"))
	started(1)
	held := r.Status().Position
	w.fill("c", 100, 10)
	w.update("c", d("_id", 1), d("$set", d("x", 5)))
	w.rename("moving", "moved") // has to wait for its turn, and the changes behind it for the rename
	w.fill("moved", 100, 10)
	w.do("create", "new")
	w.fill("new", 100, 10)
	w.update("other", d("_id", 1), d("$set", d("x", 5)))
	const rounds = 150
	big := strings.Repeat("x", 1<<20)
	for i := range rounds { // 150 MB
		w.do("insert", "other", "documents", bson.A{d("_id", 1000+i, "big", big)})
		w.fill("c", 1000+10*i, 10)
	}
	w.until("changes of the other collection arrive", func() bool { return w.arrived("other") == 10+rounds })
	require.EqualValues(t, 50, w.arrived("c"))
	require.EqualValues(t, 10, w.arrived("moving"))
	require.Zero(t, w.arrived("moved"))
	require.Zero(t, w.arrived("new"))
	st := r.Status()
	require.Equal(t, held.Time, st.Position.Time, "the position does not pass the schema event")
	require.False(t, st.CaughtUp)
	require.Less(t, st.QueuedBytes, int64(64<<20))
	release()
	r.finish()
	w.same()
	w.sameShape()
	require.Zero(t, r.Status().Unmatched)
	require.Zero(t, r.Status().QueuedBytes)
	require.Empty(t, w.failures())
}

// TestLineIsBounded: what waits for a schema event has a limit; then the stream
// waits, and nothing is lost.
func TestLineIsBounded(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	w.many("c", 50)
	w.many("other", 10)
	w.replay()
	w.rewind(w.position())
	started, release := w.holdIndexBuilds()
	r := w.run(w.config())
	w.do("createIndexes", "c", "indexes", index("x"))
	started(1)
	big := strings.Repeat("x", 1<<20)
	for i := range 40 {
		w.do("insert", "c", "documents", bson.A{d("_id", 1000+i, "big", big)})
	}
	w.do("insert", "other", "documents", bson.A{d("_id", "behind a full line")})
	w.until("the line is full", func() bool { return r.Status().QueuedEvents >= memory.WaitingEvents>>20-2 })
	require.Never(t, func() bool { return w.arrived("other") > 10 || r.Status().QueuedEvents > 40 }, 300*time.Millisecond, 20*time.Millisecond)
	release()
	r.finish()
	w.same()
}

// TestCrashWhileOthersGoPast ends runs without a farewell while a schema event is
// being applied and others have gone past it, and goes on from the last
// checkpoint, as after a crash.
func TestCrashWhileOthersGoPast(t *testing.T) {
	p := newPair(t)
	for name, more := range map[string][]func(w *world){
		"indexes": {},
		"a rename in line": {
			func(w *world) { w.rename("c", "c2") }, func(w *world) { w.fill("c2", 500, 3) }, func(w *world) { w.rename("other", "c") },
			func(w *world) { w.fill("c", 600, 3) },
		},
		"a drop in line":     {func(w *world) { w.do("drop", "other") }, func(w *world) { w.fill("other", 700, 3) }},
		"a database in line": {func(w *world) { w.do("dropDatabase", 1) }, func(w *world) { w.fill("c", 700, 3) }, func(w *world) { w.fill("other", 1, 3) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			w.many("c", 20)
			w.many("other", 20)
			w.replay()
			w.rewind(w.position())
			started, release := w.holdIndexBuilds()
			r := w.run(w.config())
			w.do("createIndexes", "c", "indexes", index("x"))
			started(1)
			w.fill("c", 100, 5)
			w.fill("other", 100, 30)
			w.update("other", d("_id", 1), d("$set", d("n", 1)))
			w.until("others go past", func() bool { return w.arrived("other") == 50 })
			for _, write := range more {
				write(w)
			}
			r.cancel(applier.ErrAbandoned)
			require.ErrorIs(t, r.wait(), applier.ErrAbandoned)
			release()
			for range 2 {
				w.rewind(w.position())
				w.replay()
				w.same()
				w.sameShape()
			}
		})
	}
}

// TestSchemaOrder mixes schema changes of several collections with changes of
// all of them, and ends runs at random moments in between.
func TestSchemaOrder(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	write := func(round int) {
		a, b, c := "a", "b", "c"
		w.fill(a, round*100, 20)
		w.do("createIndexes", a, "indexes", index(fmt.Sprint("x", round)))
		w.fill(b, round*100, 20)
		w.update(a, d(), d("$set", d("round", round)), "multi", true)
		w.rename(a, "tmp")
		w.fill(c, round*100, 20)
		w.rename(b, a)
		w.update(a, d(), d("$set", d("swapped", round)), "multi", true)
		w.rename("tmp", b)
		w.update(b, d(), d("$set", d("back", round)), "multi", true)
		w.do("collMod", c, "validator", d("n", d("$ne", round)))
		w.do("create", fmt.Sprint("v", round), "viewOn", c, "pipeline", bson.A{})
		if round%3 == 2 {
			w.do("convertToCapped", c, "size", 100_000)
			w.fill(c, round*100+50, 5)
			w.do("drop", c)
		}
		if round%4 == 3 {
			w.do("drop", a)
		}
	}
	for round := range 12 {
		r := w.run(w.config())
		ago := r.Status().Events
		write(round)
		w.until("something is applied", func() bool {
			if len(r.ended) > 0 {
				require.NoError(t, r.wait())
			}
			return r.Status().Events > ago
		})
		r.cancel(applier.ErrAbandoned)
		require.ErrorIs(t, r.wait(), applier.ErrAbandoned)
		w.rewind(w.position())
	}
	w.replay()
	w.same()
	w.sameShape()
}
