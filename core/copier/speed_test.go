package copier_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/mdb"
)

// BenchmarkCopy compares the copier with a plain loop: one cursor, two
// connections that insert its batches as they are, and nothing else. Run it
// with -benchtime 3x: each round copies the same documents again.
func BenchmarkCopy(b *testing.B) {
	w := newWorld(b)
	bytes := w.orders("bench", "orders", 400_000)
	cat := w.catalog("bench")
	measure := func(name string, do func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(bytes)
			for range b.N {
				b.StopTimer()
				run(b, w.dst, "bench", bson.D{{Key: "drop", Value: "orders"}})
				cat = w.catalog("bench")
				b.StartTimer()
				do()
			}
		})
	}
	for range 2 {
		measure("loop", func() { w.plainLoop(mdb.Namespace{DB: "bench", Coll: "orders"}) })
		measure("copier", func() { w.copyAll(cat, copier.Limits{}) })
	}
}

// orders fills a collection and answers the bytes of its documents.
func (w *world) orders(db, coll string, n int) (bytes int64) {
	random := rand.New(rand.NewPCG(1, 2))
	for done := 0; done < n; {
		var batch mdb.Array
		for ; batch.Count() < 5000 && done < n; done++ {
			doc, err := bson.Marshal(bson.D{
				{Key: "_id", Value: bson.NewObjectIDFromTimestamp(time.Unix(int64(1_600_000_000+done), 0))},
				{Key: "customer", Value: random.IntN(100_000)}, {Key: "total", Value: random.Float64()},
				{Key: "state", Value: "shipped"}, {Key: "note", Value: bson.NewObjectID().Hex()},
				{Key: "items", Value: bson.A{random.IntN(9), random.IntN(9), random.IntN(9)}},
				{Key: "at", Value: time.Unix(random.Int64N(2e9), 0)},
			})
			require.NoError(w.t, err)
			batch.Add(doc)
			bytes += int64(len(doc))
		}
		_, err := w.from.Insert(w.ctx(), mdb.Write{NS: mdb.Namespace{DB: db, Coll: coll}, Statements: batch.Raw()})
		require.NoError(w.t, err)
	}
	return bytes
}

func (w *world) plainLoop(ns mdb.Namespace) {
	batches := make(chan *mdb.Batch, 2)
	group, ctx := errgroup.WithContext(context.Background())
	group.Go(func() error {
		defer close(batches)
		cur, err := w.from.Open(ctx, ns.DB, bson.D{{Key: "find", Value: ns.Coll}, {Key: "batchSize", Value: 5000}}, 5000, 0)
		if err != nil {
			return err
		}
		defer cur.Close(ctx)
		for {
			b, err := cur.Next(ctx)
			if err != nil || b == nil || b.Empty() {
				return err
			}
			batches <- b
		}
	})
	for range 2 {
		group.Go(func() error {
			for b := range batches {
				if _, err := w.to.Insert(ctx, mdb.Write{NS: ns, Statements: b.Docs}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(w.t, group.Wait())
}
