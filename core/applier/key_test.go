package applier

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/mongotest"
)

func decimal(text string) bson.Decimal128 {
	v, err := bson.ParseDecimal128(text)
	if err != nil {
		panic(err)
	}
	return v
}

// decimalOf makes a decimal of a coefficient and an exponent, in that very form.
func decimalOf(coefficient int64, exponent int) bson.Decimal128 {
	high := uint64(exponent+6176) << 49
	if coefficient < 0 {
		high, coefficient = high|1<<63, -coefficient
	}
	return bson.NewDecimal128(high, uint64(coefficient))
}

func keyText(t testing.TB, v any) string {
	key, _ := appendKey(nil, valueOf(t, v))
	return string(key)
}

// equals are groups of values that an index takes for equal; no two groups are.
var equals = [][]any{
	{int32(7), int64(7), 7.0, decimal("7"), decimal("7.00"), decimal("70E-1")},
	{int32(0), 0.0, math.Copysign(0, -1), decimal("0"), decimal("-0"), decimal("0E+400"), decimal("0E-6000")},
	{math.NaN(), math.Float64frombits(0xfff8000000000001), decimal("NaN")},
	{math.Inf(1), decimal("Infinity")}, {math.Inf(-1), decimal("-Infinity")},
	{int64(1 << 53), float64(1 << 53), decimal("9007199254740992")}, {int64(1<<53 + 1), decimal("9007199254740993")},
	{int64(math.MaxInt64), decimal("9223372036854775807")}, {float64(1 << 63), decimal("9223372036854775808")},
	{int64(math.MinInt64), float64(-1 << 63)},
	{0.5, decimal("0.5"), decimal("0.50")}, {0.1}, {decimal("0.1"), decimal("0.10")}, {1e300}, {decimal("1E+6000"), decimal("10E+5999")},
	{-7, -7.0, decimal("-7.0")}, {7.5, decimal("7.5")}, {0.25, decimal("0.25")},
	{"a", bson.Symbol("a")}, {"A"}, {"", bson.Symbol("")}, {"a\x00b"}, {bson.JavaScript("a")},
	{bson.CodeWithScope{Code: "a", Scope: bson.D{{Key: "x", Value: 7}}}, bson.CodeWithScope{Code: "a", Scope: bson.D{{Key: "x", Value: 7.0}}}},
	{bson.CodeWithScope{Code: "a", Scope: bson.D{{Key: "y", Value: 7}}}},
	{bson.D{{Key: "a", Value: 7}}, bson.D{{Key: "a", Value: 7.0}}, bson.D{{Key: "a", Value: decimal("7.0")}}}, {bson.D{{Key: "b", Value: 7}}},
	{bson.D{{Key: "a", Value: bson.A{7, "x", bson.D{{Key: "n", Value: 1}}}}}, bson.D{{Key: "a", Value: bson.A{7.0, bson.Symbol("x"), bson.D{{Key: "n", Value: int64(1)}}}}}},
	{bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 2}}}, {bson.D{{Key: "b", Value: 2}, {Key: "a", Value: 1}}},
	{bson.D{}}, {bson.D{{Key: "", Value: 1}}}, {bson.D{{Key: "a", Value: bson.A{}}}}, {bson.D{{Key: "a", Value: bson.D{}}}},
	{true}, {false}, {nil}, {bson.MinKey{}}, {bson.MaxKey{}}, {bson.DateTime(7)}, {bson.Timestamp{I: 7}},
	{bson.Binary{Data: []byte("a")}}, {bson.Binary{Subtype: 2, Data: []byte("a")}}, {bson.Binary{Subtype: 4, Data: []byte("a")}},
	{bson.ObjectID{1}}, {bson.DBPointer{DB: "a", Pointer: bson.ObjectID{1}}},
	{bson.D{{Key: "r", Value: bson.Regex{Pattern: "a", Options: "i"}}}}, {bson.D{{Key: "r", Value: bson.Regex{Pattern: "ai"}}}},
}

func TestKeys(t *testing.T) {
	seen := map[string]any{}
	for _, group := range equals {
		first := keyText(t, group[0])
		for _, v := range group {
			require.Equal(t, first, keyText(t, v), "%v is %v", v, group[0])
		}
		if other, taken := seen[first]; taken && !coarse(group[0]) {
			require.Fail(t, "one key", "%v and %v", group[0], other)
		}
		seen[first] = group[0]
	}
}

// coarse are values that share a key with others because order between them
// costs nothing: decimals that no double equals.
func coarse(v any) bool {
	d, ok := v.(bson.Decimal128)
	return ok && (d.String() == "0.1" || d.String() == "1E+6000")
}

func TestKeyOfCollection(t *testing.T) {
	plain, collated, capped := &target{}, &target{collated: true}, &target{ordered: true}
	key := func(tgt *target, v any) uint64 {
		k, _ := keyOf(tgt, valueOf(t, v), nil)
		return k
	}
	require.NotEqual(t, key(plain, "a"), key(plain, "A"))
	require.Equal(t, key(collated, "a"), key(collated, "B"))
	require.Equal(t, key(collated, "a"), key(collated, bson.D{{Key: "x", Value: bson.A{1, bson.Symbol("b")}}}))
	require.Equal(t, key(collated, "a"), key(collated, bson.CodeWithScope{Code: "f", Scope: bson.D{{Key: "x", Value: "y"}}}))
	require.NotEqual(t, key(collated, 1), key(collated, 2), "no text, no collation")
	require.Equal(t, key(capped, 1), key(capped, 2))
	require.NotEqual(t, key(&target{source: [16]byte{1}}, 1), key(plain, 1))
}

// randomValue is a value of few possible magnitudes in many types and forms, so
// that equal ones are frequent.
func randomValue(r *rand.Rand, depth int) any {
	n := int64(r.IntN(7) - 3)
	if r.IntN(5) == 0 {
		n = []int64{math.MaxInt64, math.MinInt64, 1<<53 + 1, 1 << 53, 1<<62 + 512, 1e18}[r.IntN(6)]
	}
	most := 14
	if depth > 2 {
		most = 10
	}
	switch r.IntN(most) {
	case 0:
		return int32(n)
	case 1:
		return n
	case 2:
		return float64(n)
	case 3:
		return float64(n) / 4
	case 4:
		zeros := r.IntN(4)
		return decimalOf(n%1000*int64(math.Pow10(zeros)), -zeros)
	case 5:
		return decimalOf(n%1000, r.IntN(41)-20)
	case 6: // any bits at all, among them coefficients that mean zero
		return bson.NewDecimal128(uint64(r.IntN(2))<<63|uint64(r.IntN(32))<<58|r.Uint64N(4)<<49, uint64(n))
	case 7:
		return []any{"a", "b", "", bson.Symbol("a"), bson.JavaScript("a")}[r.IntN(5)]
	case 8:
		return []any{true, false, nil, bson.MinKey{}, bson.DateTime(n), bson.Timestamp{I: uint32(n)}}[r.IntN(6)]
	case 9:
		return bson.Binary{Subtype: byte(r.IntN(3)), Data: []byte{byte(n)}}
	case 10:
		return bson.CodeWithScope{Code: "a", Scope: bson.D{{Key: "s", Value: randomValue(r, depth+1)}}}
	case 11:
		return bson.D{{Key: []string{"a", "b"}[r.IntN(2)], Value: randomValue(r, depth+1)}}
	case 12:
		return bson.D{{Key: "l", Value: bson.A{randomValue(r, depth+1), randomValue(r, depth+1)}}}
	default:
		return bson.D{{Key: "u", Value: []any{nil, bson.Undefined{}, bson.Regex{Pattern: "a"}}[r.IntN(3)]}}
	}
}

// TestKeysAgainstIndex inserts values into a real _id index, which refuses one
// that it takes for equal to an earlier one. Those two must have equal keys. The
// values are the table's, random ones, and the corpus of FuzzKey.
func TestKeysAgainstIndex(t *testing.T) {
	sets, err := Servers()
	require.NoError(t, err)
	coll := sets[0].Client(t, mongotest.App).Database("keys").Collection("c")
	random := rand.New(rand.NewPCG(3, 4))
	var values []value
	for _, group := range equals {
		for _, v := range group {
			values = append(values, valueOf(t, v))
		}
	}
	for range 1500 {
		values = append(values, valueOf(t, randomValue(random, 0)))
	}
	values = append(values, corpus(t)...)
	refused, keys := agreesWithIndex(t, coll, values)
	require.Greater(t, refused, 500, "the values hardly ever meet")
	distinct := len(values) - refused
	require.Greater(t, float64(keys), 0.8*float64(distinct), "of %d different values, %d share a key with others", distinct, distinct-keys)
	t.Logf("%d values, %d different ones, %d keys", len(values), distinct, keys)
}

// agreesWithIndex inserts values into a real _id index and wants equal keys of those
// that it takes for equal. It answers how many were refused, and how many different
// keys there are.
func agreesWithIndex(t *testing.T, coll *mongo.Collection, values []value) (refused, distinctKeys int) {
	t.Helper()
	ctx := t.Context()
	var docs []any
	for i, v := range values {
		docs = append(docs, bson.D{{Key: "_id", Value: v.raw()}, {Key: "n", Value: i}})
	}
	keys := map[string]int{}
	for i, v := range values {
		key, _ := appendKey(nil, v)
		if _, seen := keys[string(key)]; !seen {
			keys[string(key)] = i
		}
	}
	_, err := coll.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	var failed mongo.BulkWriteException
	if err != nil {
		require.ErrorAs(t, err, &failed)
	}
	for _, e := range failed.WriteErrors {
		require.Equal(t, 11000, e.Code, e.Message)
		var first struct{ N int }
		v := values[e.Index]
		require.NoError(t, coll.FindOne(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: v.raw()}}}}).Decode(&first), "%v", v.raw())
		a, _ := appendKey(nil, v)
		b, _ := appendKey(nil, values[first.N])
		require.Equal(t, b, a, "%v is %v", v.raw(), values[first.N].raw())
	}
	return len(failed.WriteErrors), len(keys)
}

// FuzzKeyAgainstIndex has a real _id index judge random values of every type.
func FuzzKeyAgainstIndex(f *testing.F) {
	sets, err := Servers()
	require.NoError(f, err)
	coll := sets[0].Client(f, mongotest.App).Database("fuzz").Collection("keys")
	f.Fuzz(func(t *testing.T, seed uint64) {
		_, err := coll.DeleteMany(t.Context(), bson.D{})
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(seed, 6))
		var values []value
		for range 150 {
			values = append(values, valueOf(t, randomValue(random, 0)))
		}
		agreesWithIndex(t, coll, values)
	})
}

// FuzzKey checks what holds without a server: no panic, numbers keep their key
// from type to type, nesting keeps equality.
func FuzzKey(f *testing.F) {
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, ok := storableID(doc)
		if !ok {
			return
		}
		key, _ := appendKey(nil, v)
		if twin, ok := otherForm(v); ok {
			again, _ := appendKey(nil, twin)
			require.Equal(t, key, again, "%v and %v", v.raw(), twin.raw())
		}
		again, _ := appendKey([]byte("before"), v)
		require.Equal(t, "before"+string(key), string(again))
	})
}

// storableID is the field _id of a valid document that a server would store.
func storableID(doc []byte) (value, bool) {
	if bson.Raw(doc).Validate() != nil {
		return value{}, false
	}
	v, ok := field(doc, "_id")
	return v, ok && v.kind != bson.TypeArray && v.kind != bson.TypeRegex && v.kind != bson.TypeUndefined
}

// otherForm is an equal value of another type.
func otherForm(v value) (value, bool) {
	switch v.kind {
	case bson.TypeInt32:
		return value{bson.TypeInt64, binary.LittleEndian.AppendUint64(nil, uint64(int64(int32(binary.LittleEndian.Uint32(v.data)))))}, true
	case bson.TypeInt64:
		n := int64(binary.LittleEndian.Uint64(v.data))
		high, low := decimalOf(n, 0).GetBytes()
		return value{bson.TypeDecimal128, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, low), high)}, n != math.MinInt64
	case bson.TypeString:
		return value{bson.TypeSymbol, v.data}, true
	}
	return value{}, false
}
