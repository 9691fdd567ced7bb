package copier_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
)

// FuzzBounds copies a collection whose ids, and with them the bounds of its
// ranges, are random values of all types, close to each other: every document
// must arrive, and none twice. The arguments are a seed and how many documents go
// into a batch.
func FuzzBounds(f *testing.F) {
	f.Fuzz(func(t *testing.T, seed uint64, batch uint8) {
		w := newWorld(t)
		random := rand.New(rand.NewPCG(seed, 5))
		run(t, w.src, "d", bson.D{{Key: "create", Value: "c"}})
		var total int64
		for range 12 + random.IntN(40) {
			doc := bson.D{{Key: "_id", Value: randomID(random, 0)}}
			if _, err := w.src.Database("d").Collection("c").InsertOne(w.ctx(), doc); err == nil { // it is no equal of an earlier one
				raw, err := bson.Marshal(doc)
				require.NoError(t, err)
				total += int64(len(raw))
			}
		}
		job := w.copyAll(w.catalog("d"), copier.Limits{RangeBytes: 1, BatchDocuments: 1 + int64(batch%4)})
		w.requireEqual("d", "c", false)
		require.Equal(t, total, job.Copied())
	})
}

// randomID favours values at the borders between types and between numbers.
func randomID(r *rand.Rand, depth int) any {
	n := []int64{0, 1, -1, 7, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64}[r.IntN(8)]
	switch r.IntN(16) {
	case 0:
		return n
	case 1:
		return int32(n)
	case 2:
		return float64(n) + float64(r.IntN(3)-1)/4
	case 3:
		return []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.MaxFloat64}[r.IntN(6)]
	case 4:
		return bson.NewDecimal128(0x3040000000000000|uint64(r.IntN(2))<<63, uint64(r.IntN(9)))
	case 5:
		return bson.DateTime(n)
	case 6:
		return bson.Timestamp{T: uint32(n), I: uint32(r.IntN(2))}
	case 7:
		return []any{nil, bson.MinKey{}, bson.MaxKey{}, true, false}[r.IntN(5)]
	case 8:
		return []string{"", "a", "NaN", "\x00", "é", "zNaN-key"}[r.IntN(6)]
	case 9:
		return bson.Symbol([]string{"", "a", "b"}[r.IntN(3)])
	case 10:
		return bson.Binary{Subtype: byte(r.IntN(3)) * 2, Data: []byte{byte(n), byte(r.IntN(2))}[:r.IntN(3)]}
	case 11:
		return bson.ObjectID{byte(n), byte(r.IntN(3))}
	case 12:
		return bson.JavaScript("a")
	case 13, 14:
		if depth < 3 {
			return bson.D{{Key: []string{"a", "b", "a.b"}[r.IntN(3)], Value: randomID(r, depth+1)}}
		}
	}
	return bson.D{{Key: "l", Value: bson.A{int32(n), "x"}}}
}
