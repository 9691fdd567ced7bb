package applier_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/schema"
)

// BenchmarkBacklog replays a backlog and sets it beside its physical limits:
// reading the same events and doing nothing, and sending plain statements of the
// same mix from memory. Run it with -benchtime 1x.
func BenchmarkBacklog(b *testing.B) {
	for _, c := range []struct {
		name string
		docs int
	}{{"wide", 20_000}, {"hot", 100}} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				benchmarkBacklog(b, c.docs, 100_000)
			}
		})
	}
}

// statement is one write of the mix: 60 % updates, 25 % inserts, 15 % deletes of
// inserted documents.
type statement struct {
	verb string
	doc  bson.Raw
}

func mix(b *testing.B, docs, n int) (out []statement) {
	random := rand.New(rand.NewPCG(5, 5))
	raw := func(doc bson.D) bson.Raw {
		r, err := bson.Marshal(doc)
		require.NoError(b, err)
		return r
	}
	next, oldest := 1_000_000, 1_000_000
	for i := range n {
		switch k := random.IntN(20); {
		case k < 12:
			u := d("$set", d("n", i, "sub.city", i))
			out = append(out, statement{"update", raw(d("q", d("_id", random.IntN(docs)), "u", u))})
		case k < 17 || oldest == next:
			out = append(out, statement{"insert", raw(d("_id", next, "n", i, "sub", d("city", "x", "zip", i), "pad", padding[:200]))})
			next++
		default:
			out = append(out, statement{"delete", raw(d("q", d("_id", oldest), "limit", 1))})
			oldest++
		}
	}
	return out
}

// write sends runs of equal statements, at most 1,000 in a command.
func write(b *testing.B, to *mdb.Cluster, ns mdb.Namespace, statements []statement) {
	do := map[string]func(w mdb.Write) (mdb.WriteResult, error){
		"insert": func(w mdb.Write) (mdb.WriteResult, error) { return to.Insert(b.Context(), w) },
		"update": func(w mdb.Write) (mdb.WriteResult, error) { return to.Update(b.Context(), w) },
		"delete": func(w mdb.Write) (mdb.WriteResult, error) { return to.Delete(b.Context(), w) },
	}
	for len(statements) > 0 {
		part := statements[:min(5000, len(statements))]
		for _, verb := range []string{"insert", "update", "delete"} {
			var list mdb.Array
			for _, s := range part {
				if s.verb == verb {
					list.Add(s.doc)
				}
			}
			if list.Count() == 0 {
				continue
			}
			res, err := do[verb](mdb.Write{NS: ns, Statements: list.Raw()})
			require.NoError(b, err)
			require.Empty(b, res.Errors)
		}
		statements = statements[len(part):]
	}
}

func base(b *testing.B, docs int) (out []statement) {
	for i := range docs {
		raw, err := bson.Marshal(d("_id", i, "n", 0, "sub", d("city", "x", "zip", i), "pad", padding[:200]))
		require.NoError(b, err)
		out = append(out, statement{"insert", raw})
	}
	return out
}

func benchmarkBacklog(b *testing.B, docs, n int) {
	b.StopTimer()
	a, z := mongotest.Pair(b, mongotest.Options{OplogMB: 1024})
	from, to := connect(b, "source", a), connect(b, "destination", z)
	ns := mdb.Namespace{DB: "bench", Coll: "c"}
	note := func() lifecycle.OpTime {
		at, err := from.AppendNote(b.Context(), "bench")
		require.NoError(b, err)
		return at
	}
	start, err := applier.OpenPosition(b.Context(), from, note())
	require.NoError(b, err)
	statements := mix(b, docs, n)
	write(b, from, ns, base(b, docs))
	middle := note()
	write(b, from, ns, statements)
	end := note()

	catalog, err := schema.OpenCatalog(b.Context(), to, 1)
	require.NoError(b, err)
	var at lifecycle.Position
	cfg := applier.Config{From: from, To: to, Catalog: catalog, Start: start, SchemaTime: start.Time, Workers: 2,
		Checkpoint: func(_ context.Context, p lifecycle.Position) error { at = p; return nil }}
	warm := applier.New(cfg)
	warm.StopAt(middle)
	require.NoError(b, warm.Run(b.Context()))

	cfg.Start = at
	r := applier.New(cfg)
	r.StopAt(end)
	rate := func(what string, f func()) {
		cpu := cpuSeconds(b, to)
		begin := time.Now()
		f()
		took := time.Since(begin)
		b.ReportMetric(float64(n)/took.Seconds(), what+"/s")
		b.ReportMetric((cpuSeconds(b, to)-cpu)*1e6/float64(n), what+"-dest-us")
	}
	b.StartTimer()
	rate("replayed", func() { require.NoError(b, r.Run(b.Context())) })
	b.StopTimer()
	require.EqualValues(b, n, r.Status().Events)
	require.Zero(b, r.Status().Unmatched)
	rate("read", func() {
		require.NoError(b, applier.Events(b.Context(), from, at0(middle), end, func(bson.Raw) error { return nil }))
	})
	for _, ns := range rawNames {
		write(b, to, ns, base(b, docs))
	}
	rate("written", func() { rawWrite(b, to, statements) })
}

func at0(t lifecycle.OpTime) lifecycle.Position { return lifecycle.Position{Time: t} }

var rawNames = []mdb.Namespace{{DB: "bench", Coll: "raw0"}, {DB: "bench", Coll: "raw1"}}

// rawWrite sends the mix from memory by two goroutines, each to a collection of
// its own.
func rawWrite(b *testing.B, to *mdb.Cluster, statements []statement) {
	var group errgroup.Group
	half := [2][]statement{}
	for i, s := range statements {
		half[i%2] = append(half[i%2], s)
	}
	for i := range half {
		group.Go(func() error { write(b, to, rawNames[i], half[i]); return nil })
	}
	require.NoError(b, group.Wait())
}

func cpuSeconds(b *testing.B, c *mdb.Cluster) float64 {
	status, err := c.Run(b.Context(), "admin", d("serverStatus", 1))
	require.NoError(b, err)
	user, _ := status.Lookup("extra_info", "user_time_us").AsInt64OK()
	system, _ := status.Lookup("extra_info", "system_time_us").AsInt64OK()
	return float64(user+system) / 1e6
}
