package judge

import (
	"bytes"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// cappedUnitBytes is what servers round the size of a capped collection up to.
const cappedUnitBytes = 256

// compareEntries compares options and indexes.
func compareEntries(found *finding, a, b *entry) {
	if a.kind != b.kind {
		found.add("", "it is a %s on side a and a %s on side b", a.kind, b.kind)
		return
	}
	compareFields(found, "option", a.options, b.options, "uuid")
	for _, name := range keysOfBoth(a.indexes, b.indexes) {
		compareIndexes(found, name, a.indexes[name], b.indexes[name])
	}
}

func compareIndexes(found *finding, name string, a, b bson.Raw) {
	switch {
	case a == nil:
		found.add("", "the index %s is on side b only: %s", name, jsonOf(b))
	case b == nil:
		found.add("", "the index %s is on side a only: %s", name, jsonOf(a))
	default:
		compareFields(found, "index "+name+": option", a, b, "ns")
	}
}

// compareFields compares two documents field by field in any order.
func compareFields(found *finding, what string, a, b bson.Raw, without string) {
	left, right := fieldsOf(a), fieldsOf(b)
	delete(left, without)
	delete(right, without)
	for _, name := range keysOfBoth(left, right) {
		if x, y := left[name], right[name]; !sameOption(name, x, y) {
			found.add("", "%s %s: %s on side a, %s on side b", what, name, textOf(x), textOf(y))
		}
	}
}

func fieldsOf(doc bson.Raw) map[string]bson.RawValue {
	fields := map[string]bson.RawValue{}
	elements, _ := doc.Elements() // the driver has checked what the server sent
	for _, e := range elements {
		fields[e.Key()] = e.Value()
	}
	return fields
}

// sameOption takes 1, 1.0 and NumberLong(1) for the same, but only here at the
// top: what is inside a value, such as the key of an index, is compared byte for byte.
func sameOption(name string, a, b bson.RawValue) bool {
	x, isNumber := a.AsFloat64OK()
	y, areNumbers := b.AsFloat64OK()
	if !isNumber || !areNumbers {
		return sameValue(a, b)
	}
	return x == y || name == "size" && roundUp(x) == roundUp(y)
}

func roundUp(bytes float64) int64 {
	return (int64(bytes) + cappedUnitBytes - 1) / cappedUnitBytes
}

func sameValue(a, b bson.RawValue) bool {
	return a.Type == b.Type && bytes.Equal(a.Value, b.Value)
}

func keysOfBoth[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
