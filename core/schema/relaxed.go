package schema

import (
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ParkedTTL is the expireAfterSeconds of a TTL index that must not delete
// anything: the largest value that the server takes.
const ParkedTTL = math.MaxInt32

// RelaxedCappedSize is the size of a capped collection that must not lose
// anything: 1 PB, the largest value that the server takes.
const RelaxedCappedSize = 1 << 50

// realIndex is a definition as createIndexes accepts it: what old servers let
// through is cleaned, and the collation is named even when it is the simple one,
// since otherwise the index would inherit that of its collection (collated).
func realIndex(spec bson.Raw, collated bool) bson.Raw {
	out := edit(spec, func(key string, v bson.RawValue) (bson.RawValue, bool) {
		switch key {
		case "ns":
			return v, false
		case "key":
			return documentValue(cleanKey(v)), true
		case "unique", "sparse", "hidden", "prepareUnique":
			return boolean(truthy(v)), true
		case "expireAfterSeconds":
			return int32Value(ttlOf(v)), true
		}
		return v, true
	})
	if collated && !has(out, "collation") && takesCollation(out) {
		out = with(out, "collation", documentValue(simpleCollation))
	}
	return out
}

var simpleCollation = with(bson.Raw{5, 0, 0, 0, 0}, "locale", stringValue("simple"))

// takesCollation is false for v:1, which never inherits a collation and
// refuses to be given one.
func takesCollation(spec bson.Raw) bool {
	v, ok := number(spec.Lookup("v"))
	return !ok || v >= 2
}

// cleanKey turns values that servers before 3.4 took and later ones refuse (0,
// NaN, the empty string, true ...) into what they meant: ascending.
func cleanKey(v bson.RawValue) bson.Raw {
	key, _ := v.DocumentOK()
	return edit(key, func(_ string, v bson.RawValue) (bson.RawValue, bool) {
		if n, ok := number(v); ok && n != 0 && !math.IsNaN(n) {
			return v, true
		}
		if s, ok := v.StringValueOK(); ok && s != "" {
			return v, true
		}
		return int32Value(1), true
	})
}

// ttlOf is the number of seconds that the server honours. Values out of range
// never expire anything.
func ttlOf(v bson.RawValue) int32 {
	n, ok := number(v)
	if !ok || math.IsNaN(n) || n < 0 || n > ParkedTTL {
		return ParkedTTL
	}
	return int32(n)
}

// relaxedIndex is the form that an index has on the destination while the sync
// runs: it refuses no document, deletes none, and is not hidden.
func relaxedIndex(spec bson.Raw, collated bool) bson.Raw {
	out := without(realIndex(spec, collated), "unique", "prepareUnique", "hidden")
	if has(out, "expireAfterSeconds") {
		out = with(out, "expireAfterSeconds", int32Value(ParkedTTL))
	}
	return out
}

// noOptions are what listCollections or a create event may show and the create
// command does not take, or what must not be carried: a temporary collection
// would vanish at the destination's next restart.
var noOptions = []string{"uuid", "temp", "autoIndexId", "flags", "ns"}

// keptOptions are a collection's options as the catalog stores them.
func keptOptions(options bson.Raw) bson.Raw {
	if len(options) == 0 {
		return bson.Raw{5, 0, 0, 0, 0}
	}
	return edit(options, func(key string, v bson.RawValue) (bson.RawValue, bool) {
		if key == "idIndex" {
			id, _ := v.DocumentOK()
			return documentValue(without(id, "ns")), true
		}
		return v, !contains(noOptions, key)
	})
}

// relaxedOptions are the arguments of create on the destination: capped by
// nothing that could be reached, and without a clustered collection's TTL (the
// server takes no value there that is as good as never).
func relaxedOptions(options bson.Raw) bson.Raw {
	capped := truthy(options.Lookup("capped"))
	return edit(keptOptions(options), func(key string, v bson.RawValue) (bson.RawValue, bool) {
		switch key {
		case "capped":
			return boolean(true), capped
		case "size":
			return int64Value(RelaxedCappedSize), capped
		case "max", "expireAfterSeconds":
			return v, false
		}
		return v, true
	})
}

// collated reports whether a collection has a collation of its own, which its
// indexes inherit.
func (c Collection) collated() bool { return has(c.Options, "collation") }
