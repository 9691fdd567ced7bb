package copier_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
)

// TestEveryIDArrives makes every value of _id a bound of a range: no document
// may fall between two ranges, and none be copied twice.
func TestEveryIDArrives(t *testing.T) {
	w := newWorld(t)
	french := bson.E{Key: "collation", Value: bson.D{{Key: "locale", Value: "fr"}, {Key: "strength", Value: 2}}}
	clustered := bson.E{Key: "clusteredIndex", Value: bson.D{{Key: "key", Value: bson.D{{Key: "_id", Value: 1}}}, {Key: "unique", Value: true}}}
	kinds := map[string][]bson.E{"plain": nil, "collated": {french}, "clustered": {clustered}, "both": {french, clustered}}
	for kind, opts := range kinds {
		run(t, w.src, kind, append(bson.D{{Key: "create", Value: "types"}}, opts...))
		run(t, w.src, kind, append(bson.D{{Key: "create", Value: "decimals"}}, opts...))
		run(t, w.src, kind, append(bson.D{{Key: "create", Value: "mixed"}}, opts...))
		collated := kind == "collated" || kind == "both"
		w.insert(kind, "types", documents(idsOfAllTypes(collated))...)
		w.insert(kind, "decimals", documents(decimals(t))...)
		w.insert(kind, "mixed", documents(mixedIDs(96))...)
	}
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			w := w.with(t)
			cat := w.catalog(kind)
			job := w.copyAll(cat, copier.Limits{RangeBytes: 1, BatchDocuments: 3})
			var total, all, last int
			for _, coll := range []string{"types", "decimals", "mixed"} {
				w.requireEqual(kind, coll, false)
				docs := content(t, w.src, kind, coll)
				all += len(docs)
				for _, d := range docs {
					total += len(d)
					if bson.Raw(d).Lookup("_id").Type == bson.TypeMaxKey {
						last = len(d)
					}
				}
			}
			if kind == "clustered" || kind == "both" { // where MaxKey is in the last range and asked for again
				total += last
			}
			require.EqualValues(t, total, job.Copied(), "each document once, and only documents counted")
			require.Greater(t, len(w.ranges()), all/2, "the ids must have become bounds")
		})
	}
}

// TestNaN is the cases that other tools lose: NaN as the only _id, NaN between
// others, and strings that look like it.
func TestNaN(t *testing.T) {
	w := newWorld(t)
	sets := map[string][]any{
		"only":    {math.NaN()},
		"between": {nil, math.NaN(), 1, "x"},
		"strings": {"a", "NaN", "zNaN-key", bson.D{{Key: "k", Value: "NaN"}}},
	}
	for name, ids := range sets {
		w.insert("nan", name, documents(ids)...)
	}
	for _, size := range []int64{1, 100, 1 << 30} {
		w.copyAll(w.catalog("nan"), copier.Limits{RangeBytes: size, BatchDocuments: 1})
		for name := range sets {
			w.requireEqual("nan", name, false)
		}
		run(t, w.dst, "nan", bson.D{{Key: "dropDatabase", Value: 1}})
	}
}

// documents gives each _id fields that must arrive with it.
func documents(ids []any) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = bson.D{{Key: "_id", Value: id}, {Key: "n", Value: i}, {Key: "text", Value: fmt.Sprint(id)}, {Key: "deep", Value: bson.D{{Key: "t", Value: bson.Timestamp{}}}}}
	}
	return out
}

// idsOfAllTypes is every type that a server takes as _id. An index with a
// collation takes no symbols, and it may ignore NUL.
func idsOfAllTypes(collated bool) []any {
	oid := bson.ObjectID{1, 2, 3}
	ids := []any{
		bson.MinKey{}, bson.MaxKey{}, nil, false, true,
		math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.SmallestNonzeroFloat64, -1.5, 1.5, math.MaxFloat64,
		int32(1), int32(math.MinInt32), int64(2), int64(math.MaxInt64), int64(1<<53 + 1),
		"", "NaN", "a", "b", "é", "zNaN-key", "€", "10", "9",
		bson.D{}, bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: math.NaN()}}, bson.D{{Key: "a", Value: bson.MaxKey{}}},
		bson.D{{Key: "$ref", Value: "x"}, {Key: "$id", Value: 1}}, bson.D{{Key: "a", Value: bson.A{1, "x"}}}, bson.D{{Key: "b", Value: nil}},
		bson.Binary{}, bson.Binary{Data: []byte{0}}, bson.Binary{Data: []byte{255}}, bson.Binary{Subtype: 5, Data: make([]byte, 16)},
		bson.Binary{Subtype: bson.TypeBinaryUUID, Data: make([]byte, 16)}, bson.Binary{Subtype: 128, Data: []byte("user")},
		bson.ObjectID{}, oid, bson.ObjectID{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
		bson.DateTime(math.MinInt64), bson.DateTime(0), bson.DateTime(math.MaxInt64),
		bson.Timestamp{}, bson.Timestamp{T: 1}, bson.Timestamp{T: math.MaxUint32, I: math.MaxUint32},
		bson.DBPointer{DB: "a.b", Pointer: oid}, bson.JavaScript("return 1"), bson.JavaScript(""),
		bson.CodeWithScope{Code: "return x", Scope: bson.D{{Key: "x", Value: 1}}},
	}
	if !collated {
		ids = append(ids, bson.Symbol("symbol"), bson.Symbol("zNaN"), "\x00", "a\x00b")
	}
	return ids
}

// decimals are apart from the other numbers, as an index holds one of two equal ones.
func decimals(t testing.TB) (ids []any) {
	for _, text := range []string{"NaN", "Infinity", "-Infinity", "-0", "1", "1.5", "-1.5", "1E-6176", "9.999999999999999999999999999999999E+6144"} {
		d, err := bson.ParseDecimal128(text)
		require.NoError(t, err)
		ids = append(ids, d)
	}
	return append(ids, bson.MinKey{}, "x")
}

// mixedIDs changes the type from one value to the next.
func mixedIDs(n int) (ids []any) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		x := random.Int32()
		ids = append(ids, []any{
			x, fmt.Sprint(x), float64(x) + 0.25, bson.D{{Key: "k", Value: x}}, bson.DateTime(x),
			bson.Binary{Data: fmt.Append(nil, x)}, bson.Timestamp{T: uint32(x)}, bson.ObjectID{byte(x), byte(x >> 8), byte(x >> 16)},
		}[i%8])
	}
	return ids
}
