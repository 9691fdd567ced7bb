package workload

import (
	"context"
	"fmt"
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// kinds creates a collection of each kind and fills it.
func (l loader) kinds(ctx context.Context) error {
	for _, c := range []struct {
		name    string
		options []any
		count   int
		doc     func(i int) bson.D
	}{
		{"events", []any{"capped", true, "size", 200_000, "max", 1000}, 1500, func(i int) bson.D {
			return d("_id", i, "text", strings.Repeat("x", l.random.IntN(200)))
		}},
		{"clustered", []any{"clusteredIndex", d("key", d("_id", 1), "unique", true, "name", "by_id")}, 500, func(i int) bson.D {
			return d("_id", fmt.Sprintf("%08d", l.random.IntN(1_000)*1_000+i), "n", i)
		}},
		{"words", []any{"collation", d("locale", "en", "strength", 2)}, 500, func(i int) bson.D {
			return d("_id", fmt.Sprint(one(l.random, []string{"Apple", "apricot", "Éclair", "zebra"}), i), "n", i)
		}},
		{"strict", []any{"validator", d("$jsonSchema", d("required", bson.A{"n"}, "properties", d("n", d("bsonType", "int")))),
			"validationLevel", "strict", "validationAction", "error"}, 100, func(i int) bson.D { return d("_id", i, "n", i) }},
		{"lenient", []any{"validator", d("n", d("$gt", 50)), "validationLevel", "moderate", "validationAction", "warn"}, 100,
			func(i int) bson.D { return d("_id", i, "n", i) }}, // half of them break the rule
		{"images", []any{"changeStreamPreAndPostImages", d("enabled", true)}, 50, func(i int) bson.D { return d("_id", i) }},
		{"empty", nil, 0, nil},
		{"an odd.name: ünï ✓", nil, 50, func(i int) bson.D { return d("_id", i) }},
		{"big", nil, 2, func(i int) bson.D { return d("_id", i, "data", bson.Binary{Data: make([]byte, 600_000+i)}) }},
	} {
		if err := l.define(ctx, shapesDatabase, append([]any{"create", c.name}, c.options...)...); err != nil {
			return err
		}
		if err := l.insert(ctx, shapesDatabase, c.name, c.count, c.doc); err != nil {
			return err
		}
	}
	return l.define(ctx, shapesDatabase, "createIndexes", "words", "indexes", bson.A{
		index("n", d("n", 1)), index("n_simple", d("n", -1), "collation", d("locale", "simple")),
	})
}

// idValues are values of every type that an _id can have, with those that print
// the same and those at the ends of their types.
func idValues() bson.A {
	zero := bson.ObjectID{}
	return bson.A{
		bson.MinKey{}, bson.MaxKey{}, nil, false, true,
		math.NaN(), math.Inf(-1), math.Inf(1), math.MaxFloat64, 5e-324, -1e-10, int64(math.MinInt64), int64(math.MaxInt64),
		int32(0), int32(7), 7.5, int64(1) << 53, float64(1<<53) + 2, bson.NewDecimal128(0x3040000000000000, 11), bson.NewDecimal128(0x303e000000000000, 11),
		"", "7", "a", "A", "ä", "$a", "a.b", "null\x00byte", bson.Symbol("symbol"), strings.Repeat("long ", 100),
		d(), d("a", 1), d("b", 1, "a", 1), d("a", 1, "b", 1), d("a", d("b", bson.A{1, 2})), d("a", nil),
		bson.Binary{}, bson.Binary{Data: []byte{1}}, bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.Binary{Subtype: 0x80, Data: []byte("own")},
		zero, bson.ObjectID{1}, bson.DateTime(0), bson.DateTime(-1), bson.DateTime(math.MaxInt64),
		bson.Timestamp{T: 1, I: 1}, bson.Timestamp{T: math.MaxUint32, I: math.MaxUint32},
		bson.DBPointer{DB: "db", Pointer: zero}, bson.JavaScript("f()"), bson.CodeWithScope{Code: "f()", Scope: d("a", 1)},
	}
}

// ids has the values once alone, and once among many ordinary ones.
func (l loader) ids(ctx context.Context) error {
	values := idValues()
	byValue := func(i int) bson.D { return d("_id", values[i], "position", i) }
	for _, name := range []string{"ids", "ids_among_others"} {
		if err := l.insert(ctx, shapesDatabase, name, len(values), byValue); err != nil {
			return err
		}
	}
	return l.insert(ctx, shapesDatabase, "ids_among_others", 1000, func(i int) bson.D {
		return d("_id", one(l.random, []any{i + 1000, float64(i) + 1000.25, fmt.Sprint("id ", i), bson.ObjectID{9, byte(i >> 8), byte(i)}}), "n", i)
	})
}

// values has documents with every type of value, and with unusual names and orders
// of fields.
func (l loader) values(ctx context.Context) error {
	values := append(idValues(), bson.Undefined{}, bson.Regex{Pattern: "^a.*b$", Options: "im"}, bson.A{}, bson.A{1, bson.A{2, d("x", nil)}}, math.Copysign(0, -1))
	err := l.insert(ctx, shapesDatabase, "values", len(values), func(i int) bson.D {
		return d("_id", i, "value", values[i], "list", bson.A{values[i]}, "below", d("value", values[i]))
	})
	if err != nil {
		return err
	}
	names := []string{"", "a.b", "$dollar", "ünï", "with space", "0", "1", "_id2", "length"}
	return l.insert(ctx, shapesDatabase, "names", 50, func(i int) bson.D {
		doc := d("_id", i)
		for _, at := range l.random.Perm(len(names)) {
			if names[at] == "$dollar" { // not at the top
				doc = append(doc, bson.E{Key: "below", Value: d("$dollar", i, "a.b", i)})
				continue
			}
			doc = append(doc, bson.E{Key: names[at], Value: i})
		}
		return doc
	})
}
