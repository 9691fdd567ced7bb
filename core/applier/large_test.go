package applier_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
)

// newerPair is a pair whose servers know $changeStreamSplitLargeEvent, which does
// not help (see guard); the engine must not need it, and must not be misled by it.
func newerPair(t *testing.T) *pair {
	t.Helper()
	const version = "6.0.27"
	if _, err := mongotest.Binary(t.Context(), version); err != nil {
		t.Skipf("mongod %s cannot be had here: %v", version, err)
	}
	p := &pair{}
	p.a, p.b = mongotest.Pair(t, mongotest.Options{Version: version})
	p.app = p.a.Client(t, mongotest.DDL)
	p.left, p.right = p.a.Client(t, mongotest.Root), p.b.Client(t, mongotest.Root)
	p.from, p.to = connect(t, "source", p.a), connect(t, "destination", p.b)
	return p
}

// longID is an _id of about n bytes, so that the event of its document has three
// times that in addition to the document.
func longID(name string, n int) string { return name + strings.Repeat("i", n-len(name)) }

// filler makes a document with this _id as large as it can be and still be logged.
func filler(id, letter string) string { return strings.Repeat(letter, 16<<20-2*len(id)-2000) }

// largeEvents writes changes whose events are larger than 16 MB, with others
// around them.
func largeEvents(w *world) {
	one, two := longID("one", 10_000), longID("two", 20_000)
	w.many("c", 100)
	w.do("insert", "c", "documents", bson.A{d("_id", one, "big", strings.Repeat("a", 16<<20-len(one)-40))}) // 16 MiB exactly
	w.update("c", d("_id", one), d("$set", d("big", "b")))
	w.update("c", d("_id", one), d("big", strings.Repeat("c", 16<<20-len(one)-40)))
	w.do("insert", "c", "documents", bson.A{d("_id", two, "big", filler(two, "d"))})
	w.update("c", d("_id", two), d("big", filler(two, "e")))
	w.update("c", d("_id", two), d("$set", d("small", 1)))
	w.do("delete", "c", "deletes", bson.A{d("q", d("_id", 7), "limit", 1)})
}

// largeDeltas are updates whose deltas, and documents whose ids, are the large part.
func largeDeltas(w *world) {
	id := longID("delta", 1<<20)
	w.do("insert", "c", "documents", bson.A{d("_id", id, "pad", strings.Repeat("p", 600<<10), "n", 0)})
	for i, letter := range []string{"a", "b"} {
		w.update("c", d("_id", id), d("$set", d("big", strings.Repeat(letter, 13<<20+800<<10), "n", i)))
	}
	w.update("c", d("_id", id), d("$inc", d("n", 5)))
	longest := longID("longest", 3<<20)
	for _, id := range []string{longest, longest[1:]} {
		w.do("insert", "c", "documents", bson.A{d("_id", id, "big", strings.Repeat("x", 8<<20))})
	}
	w.do("delete", "c", "deletes", bson.A{d("q", d("_id", longest), "limit", 1)})
}

// manyLongIDs are events that are not large; a reply full of them is, together
// with the copy of the last one's token.
func manyLongIDs(w *world) {
	for i := range 50 {
		w.do("insert", "c", "documents", bson.A{d("_id", longID(fmt.Sprint(i), 150_000))})
		w.update("c", d("n", d("$exists", false)), d("$set", d("n", i)))
	}
}

// largeAndGone are large changes whose documents and collections are not there
// any more, or have another name, by the time they are read.
func largeAndGone(w *world) {
	id := longID("gone", 20_000)
	for i, fate := range []func(coll string){
		func(coll string) { w.do("delete", coll, "deletes", bson.A{d("q", d("_id", id), "limit", 1)}) },
		func(coll string) {
			w.do("delete", coll, "deletes", bson.A{d("q", d("_id", id), "limit", 1)})
			w.do("insert", coll, "documents", bson.A{d("_id", id, "second", "life")})
		},
		func(coll string) { w.update(coll, d("_id", id), d("$unset", d("big", 1))) },
		func(coll string) { w.do("drop", coll) },
		func(coll string) { w.do("drop", coll); w.do("create", coll) },
		func(coll string) { w.rename(coll, "renamed") },
		func(coll string) { w.rename(coll, "swap"); w.rename("renamed", coll) },
	} {
		coll := fmt.Sprint("c", i)
		w.many(coll, 3)
		w.do("insert", coll, "documents", bson.A{d("_id", id, "big", filler(id, "a"))})
		w.update(coll, d("_id", id), d("$set", d("n", 1)))
		fate(coll)
		w.many(coll+" after", 3)
	}
	gone := w.app.Database(w.name + "_gone")
	require.NoError(w.t, gone.RunCommand(w.t.Context(), d("insert", "c", "documents", bson.A{d("_id", id, "big", filler(id, "a"))})).Err())
	require.NoError(w.t, gone.Drop(w.t.Context()))
}

func largeInTransactions(w *world) {
	w.many("c", 5)
	session, err := w.app.StartSession()
	require.NoError(w.t, err)
	defer session.EndSession(w.t.Context())
	require.NoError(w.t, session.StartTransaction())
	ctx := mongo.NewSessionContext(w.t.Context(), session)
	run := func(command ...any) { require.NoError(w.t, w.db.RunCommand(ctx, d(command...)).Err()) }
	id := longID("first", 20_000) // two large statements; more do not fit into the test server's cache
	run("insert", "c", "documents", bson.A{d("_id", 100), d("_id", id, "big", filler(id, "a"))})
	run("update", "c", "updates", bson.A{d("q", d("_id", 1), "u", d("$inc", d("n", 1)))})
	run("update", "c", "updates", bson.A{d("q", d("_id", id), "u", d("big", filler(id, "b")))})
	run("update", "c", "updates", bson.A{d("q", d("_id", 2), "u", d("$inc", d("n", 1)))})
	run("update", "c", "updates", bson.A{d("q", d("_id", id), "u", d("$set", d("n", 1)))})
	require.NoError(w.t, session.CommitTransaction(ctx))
}

func largeInCapped(w *world) {
	w.do("create", "log", "capped", true, "size", 100<<20)
	for i := range 4 {
		id := longID(fmt.Sprint(i), 20_000)
		w.do("insert", "log", "documents", bson.A{d("_id", i), d("_id", id, "big", filler(id, "a"))})
		w.do("insert", "log", "documents", bson.A{d("_id", -i-1)})
		if i == 1 {
			w.do("delete", "log", "deletes", bson.A{d("q", d("_id", id), "limit", 1)})
			w.do("insert", "log", "documents", bson.A{d("_id", id, "second", "life")})
		}
	}
}

func TestLargeEvents(t *testing.T) {
	for version, newServers := range map[string]func(*testing.T) *pair{"standard": newPair, "newer": newerPair} {
		t.Run(version, func(t *testing.T) {
			p := newServers(t)
			few := version == "newer" // those in which the servers may differ
			for name, write := range map[string]func(*world){
				"documents": largeEvents, "deltas and ids": largeDeltas, "many long ids": manyLongIDs, "gone by now": largeAndGone,
				"in transactions": largeInTransactions, "capped": largeInCapped,
			} {
				if few && name != "documents" && name != "many long ids" && name != "gone by now" {
					continue
				}
				t.Run(name, func(t *testing.T) { p.world(t).survivesLarge(write, name != "many long ids") })
			}
		})
	}
}

// survivesLarge replays changes while they are made, replays them again over the
// finished data, and in pieces.
func (w *world) survivesLarge(write func(*world), large bool) {
	w.t.Helper()
	r := w.run(w.config())
	write(w)
	w.until("it has caught up", func() bool { return r.Status().CaughtUp })
	r.finish()
	w.same()
	require.Equal(w.t, large, r.Status().Repaired > 0, "documents were read from the source")

	w.rewind(w.start)
	cfg := w.config()
	cfg.SchemaTime = w.note() // its collections are there already
	w.run(cfg).finish()
	w.same()

	w.rewind(w.start)
	for range 8 { // a crash each time, and on from the last checkpoint
		cfg.Start = w.position()
		r := w.run(cfg)
		w.until("something was applied", func() bool { return r.Status().Events > 1 || r.Status().CaughtUp })
		r.cancel(applier.ErrAbandoned)
		require.ErrorIs(w.t, r.wait(), applier.ErrAbandoned)
	}
	cfg.Start = w.position()
	w.run(cfg).finish()
	w.same()
	for _, text := range w.failures() {
		require.Regexp(w.t, "collection (dropped|renamed)", text, "nothing else may hold up the reading of a document")
	}
}

// TestLargeEventAtStart: a position before a large event is a good position.
func TestLargeEventAtStart(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	at := w.note()
	largeEvents(w)
	for _, id := range []string{longID("three", 20_000)} {
		before := w.note()
		w.do("insert", "c", "documents", bson.A{d("_id", id, "big", filler(id, "d"))})
		found, err := applier.OpenPosition(t.Context(), p.from, before)
		require.NoError(t, err)
		require.NoError(t, applier.Reachable(t.Context(), p.from, found))
	}
	seen := map[string]int{}
	require.NoError(t, applier.Events(t.Context(), p.from, lifecycle.Position{Time: at}, w.note(), func(e bson.Raw) error {
		seen[e.Lookup("operationType").StringValue()]++
		return nil
	}))
	require.Equal(t, map[string]int{"create": 1, "insert": 103, "replace": 2, "update": 2, "delete": 1}, seen)
}

// TestUnreadableEvent: an _id so long that no event with it can be read ends the
// run at once and says why; nothing behind it is applied.
func TestUnreadableEvent(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	w.many("c", 10)
	w.do("insert", "c", "documents", bson.A{d("_id", longID("unreadable", 6<<20))})
	w.do("insert", "c", "documents", bson.A{d("_id", "behind")})
	require.ErrorContains(t, w.run(w.config()).wait(), "more than 16 MB even without its document")
	require.Len(t, scan(t, w.right, w.name)[w.name+".c"], 10)
}
