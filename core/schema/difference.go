package schema

import (
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// indexForm is the part of an index that collMod can change.
type indexForm struct {
	unique, prepareUnique, hidden bool
	ttl                           bool
	seconds                       int32 // with ttl
}

func formOf(spec bson.Raw) indexForm {
	f := indexForm{
		unique: truthy(spec.Lookup("unique")), prepareUnique: truthy(spec.Lookup("prepareUnique")),
		hidden: truthy(spec.Lookup("hidden")), ttl: has(spec, "expireAfterSeconds"),
	}
	if f.ttl {
		f.seconds = ttlOf(spec.Lookup("expireAfterSeconds"))
	}
	return f
}

// relaxed is the form that refuses, deletes and hides nothing.
func (f indexForm) relaxed() indexForm {
	return indexForm{ttl: f.ttl, seconds: ParkedTTL}
}

// guarded is the original form but for uniqueness: new duplicates are refused,
// and making it unique is all that is left to do.
func (f indexForm) guarded() indexForm {
	f.prepareUnique = f.prepareUnique || f.unique
	f.unique = false
	return f
}

// changesTo lists the collMod index arguments, without the name, that lead from
// f to want, in order. An index that is unique already counts as guarded.
func (f indexForm) changesTo(want indexForm) []bson.D {
	var out []bson.D
	if plain := f.plainChanges(want); len(plain) > 0 {
		out = append(out, plain)
	}
	switch {
	case f.unique && !want.unique && !want.prepareUnique:
		return append(out, bson.D{{Key: "forceNonUnique", Value: true}})
	case f.unique:
		return out
	case want.unique && !f.prepareUnique:
		out = append(out, bson.D{{Key: "prepareUnique", Value: true}})
	case !want.unique && f.prepareUnique != want.prepareUnique: // the server takes it only alone
		return append(out, bson.D{{Key: "prepareUnique", Value: want.prepareUnique}})
	}
	if want.unique {
		out = append(out, bson.D{{Key: "unique", Value: true}})
	}
	return out
}

func (f indexForm) plainChanges(want indexForm) bson.D {
	var out bson.D
	if f.hidden != want.hidden {
		out = append(out, bson.E{Key: "hidden", Value: want.hidden})
	}
	if want.ttl && (!f.ttl || f.seconds != want.seconds) {
		out = append(out, bson.E{Key: "expireAfterSeconds", Value: want.seconds})
	}
	return out
}

// optionForm is the part of a collection's options that is relaxed.
type optionForm struct {
	capped    bool
	size, max int64
	clustered bool
	ttl       bool
	seconds   int64
}

// noMax is how the server writes "no limit" of documents down when it is told
// so; a capped collection made without a limit shows none.
const noMax = math.MaxInt32

func optionFormOf(options bson.Raw) optionForm {
	f := optionForm{capped: truthy(options.Lookup("capped")), clustered: has(options, "clusteredIndex")}
	if f.capped {
		f.size, _ = options.Lookup("size").AsInt64OK()
		f.max = maxOf(options.Lookup("max"))
	}
	if v := options.Lookup("expireAfterSeconds"); f.clustered {
		f.seconds, f.ttl = v.AsInt64OK()
	}
	return f
}

// maxOf reads a limit of documents: 0 when there is none, noMax for the values
// that mean none.
func maxOf(v bson.RawValue) int64 {
	n, ok := v.AsInt64OK()
	if ok && (n <= 0 || n > noMax) {
		return noMax
	}
	return n
}

// relaxed is the form that deletes nothing.
func (f optionForm) relaxed() optionForm {
	f.size = RelaxedCappedSize
	if f.max != 0 {
		f.max = noMax
	}
	f.ttl, f.seconds = false, 0
	return f
}

// parked reports whether there is anything to relax at all.
func (f optionForm) parked() bool { return f.capped || f.clustered }

// changesTo are the collMod arguments that lead from f to want.
func (f optionForm) changesTo(want optionForm) bson.D {
	var out bson.D
	if f.capped && roundedSize(f.size) != roundedSize(want.size) {
		out = append(out, bson.E{Key: "cappedSize", Value: want.size})
	}
	if f.capped && want.max != f.max && (want.max != 0 || f.max < noMax) {
		out = append(out, bson.E{Key: "cappedMax", Value: want.max % noMax}) // 0 is the word for no limit
	}
	switch {
	case f.clustered && want.ttl && (!f.ttl || f.seconds != want.seconds):
		out = append(out, bson.E{Key: "expireAfterSeconds", Value: want.seconds})
	case f.clustered && f.ttl && !want.ttl:
		out = append(out, bson.E{Key: "expireAfterSeconds", Value: "off"})
	}
	return out
}

// roundedSize is what the server makes of a capped size.
func roundedSize(n int64) int64 { return (n + 255) / 256 * 256 }
