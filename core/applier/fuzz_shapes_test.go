package applier

import (
	"math"
	"math/rand/v2"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// names are field names that are told apart badly by whoever takes a path for a
// text. The first ones may be used at the first level of a document.
var names = []string{"a", "b", "c", "0", "1", "é", "a.b", "a.0", "", "$a", "$set", "0.b"}

func randomName(r *rand.Rand) string { return names[r.IntN(len(names))] }

// randomDocument is large enough for a server to log a delta of most changes.
func randomDocument(r *rand.Rand) bson.D {
	doc := bson.D{{Key: "_id", Value: 1}, {Key: "padding", Value: strings.Repeat("p", 600)}}
	return append(doc, randomFields(r, 0)...)
}

func randomFields(r *rand.Rand, depth int) bson.D {
	out, seen := bson.D{}, map[string]bool{}
	for range 2 + r.IntN(5) {
		name := randomName(r)
		if seen[name] || depth == 0 && strings.HasPrefix(name, "$") {
			continue
		}
		seen[name] = true
		out = append(out, bson.E{Key: name, Value: randomContent(r, depth+1)})
	}
	return out
}

func randomContent(r *rand.Rand, depth int) any {
	switch n := r.IntN(12); {
	case n < 3 && depth < 4:
		return randomFields(r, depth)
	case n < 6 && depth < 4:
		list := bson.A{}
		for range r.IntN(6) {
			list = append(list, randomContent(r, depth+1))
		}
		return list
	}
	return []any{int32(r.IntN(9)), int64(r.IntN(9)), float64(r.IntN(9)), math.NaN(), math.Copysign(0, -1), "text", "", nil, true,
		bson.DateTime(7), bson.Timestamp{T: 1, I: 2}, strings.Repeat("long", 50)}[r.IntN(12)]
}

// randomUpdate is an update with operators, a pipeline, or a whole document.
func randomUpdate(r *rand.Rand) any {
	switch r.IntN(5) {
	case 0:
		return append(bson.D{{Key: "padding", Value: strings.Repeat("p", 600)}}, randomFields(r, 0)...)
	case 1, 2:
		pipeline := bson.A{}
		for range 1 + r.IntN(3) {
			pipeline = append(pipeline, randomStage(r))
		}
		return pipeline
	}
	out := bson.D{}
	for _, operator := range r.Perm(len(operators))[:1+r.IntN(3)] {
		o := operators[operator]
		out = append(out, bson.E{Key: o.name, Value: bson.D{{Key: randomPath(r), Value: o.argument(r)}}})
	}
	return out
}

var operators = []struct {
	name     string
	argument func(*rand.Rand) any
}{
	{"$set", func(r *rand.Rand) any { return randomContent(r, 2) }},
	{"$unset", func(*rand.Rand) any { return "" }},
	{"$inc", func(r *rand.Rand) any { return r.IntN(5) }},
	{"$mul", func(r *rand.Rand) any { return float64(r.IntN(5)) / 2 }},
	{"$min", func(r *rand.Rand) any { return randomContent(r, 4) }},
	{"$push", func(r *rand.Rand) any {
		return bson.D{{Key: "$each", Value: bson.A{randomContent(r, 3), randomContent(r, 3)}}, {Key: "$slice", Value: r.IntN(7) - 3}}
	}},
	{"$addToSet", func(r *rand.Rand) any { return randomContent(r, 4) }},
	{"$pop", func(r *rand.Rand) any { return 1 - 2*r.IntN(2) }},
	{"$pull", func(r *rand.Rand) any { return randomContent(r, 4) }},
	{"$rename", func(r *rand.Rand) any { return randomPath(r) }},
	{"$currentDate", func(*rand.Rand) any { return true }},
	{"$bit", func(r *rand.Rand) any { return bson.D{{Key: "xor", Value: int32(r.IntN(9))}} }},
}

// randomPath is a path of the usual kind, which may meet fields of any name.
func randomPath(r *rand.Rand) string {
	parts := []string{}
	for range 1 + r.IntN(3) {
		parts = append(parts, []string{"a", "b", "c", "0", "1", "2", "é", "$[]"}[r.IntN(8)])
	}
	return strings.Join(parts, ".")
}

// randomStage also changes fields that no path can name.
func randomStage(r *rand.Rand) bson.D {
	literal := bson.D{{Key: "$literal", Value: randomContent(r, 2)}}
	input := any("$$ROOT")
	field := bson.D{{Key: "field", Value: bson.D{{Key: "$literal", Value: randomName(r)}}}, {Key: "input", Value: input}}
	switch r.IntN(6) {
	case 0:
		return bson.D{{Key: "$replaceWith", Value: bson.D{{Key: "$setField", Value: append(field, bson.E{Key: "value", Value: literal})}}}}
	case 1:
		return bson.D{{Key: "$replaceWith", Value: bson.D{{Key: "$unsetField", Value: field}}}}
	case 2: // inside an embedded document
		inner := bson.D{{Key: "field", Value: bson.D{{Key: "$literal", Value: randomName(r)}}}, {Key: "input", Value: "$a"}, {Key: "value", Value: literal}}
		return bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: bson.D{{Key: "$setField", Value: inner}}}}}}
	case 3: // arrays that get shorter
		return bson.D{{Key: "$set", Value: bson.D{{Key: "b", Value: bson.D{{Key: "$cond", Value: bson.A{
			bson.D{{Key: "$isArray", Value: "$b"}}, bson.D{{Key: "$slice", Value: bson.A{"$b", 1 + r.IntN(3)}}}, "$b"}}}}}}}
	case 4:
		return bson.D{{Key: "$unset", Value: strings.ReplaceAll(randomPath(r), "$[]", "c")}}
	}
	return bson.D{{Key: "$set", Value: bson.D{{Key: strings.ReplaceAll(randomPath(r), "$[]", "c"), Value: literal}}}}
}
