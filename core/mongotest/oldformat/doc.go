// Package oldformat starts servers with unique indexes that MongoDB 4.0 made:
// their keys lack the record id, and collMod's forceNonUnique damages them.
//
// The data is real. It was written by mongod 4.2.6 under feature compatibility
// 4.0, and carried over 4.2, 4.4.2 and 5.0.4 to 6.0.5, the feature compatibility
// raised at each step; see make. Packed it is a file beside this one. To make it
// anew: go generate ./core/mongotest/oldformat
package oldformat

//go:generate go run ./make data-6.0.tar.gz

// DB is the database that holds the data. Every collection in it has documents
// with different values of its fields, and a secondary index called "u".
const DB = "fx"

// Index is one index of the data.
type Index struct {
	Collection, Name string
	// Format is the version in the index's creationString.
	Format int
	// Old is true when keys of the index lack their record id.
	Old bool
}

// Indexes are all unique indexes of the data but those on _id, by collection.
// Formats 6 and 8 are what 4.0 made; only validate tells whether keys of that
// time are left.
var Indexes = []Index{
	{"collation", "u", 8, true},
	{"compound", "u", 8, true},
	{"empty_at_40", "u", 8, false}, // had no document under 4.0
	{"mixed", "u", 8, true},        // half of the keys are from 4.2
	{"multikey", "u", 8, true},
	{"new_at_42", "u", 12, false},
	{"new_at_60", "u", 14, false},
	{"partial", "u", 8, true},
	{"rebuilt_at_42", "u", 12, false}, // dropped and created again
	{"rekeyed", "u", 8, false},        // updates under 4.2 have changed every key
	{"single", "u", 8, true},
	{"sparse", "u", 8, true},
	{"two", "u", 8, true},
	{"two", "w", 12, false}, // created under 4.2
	{"v1", "u", 6, true},    // index version 1
}

// Old are those with keys that lack their record id.
func Old() []Index {
	var old []Index
	for _, ix := range Indexes {
		if ix.Old {
			old = append(old, ix)
		}
	}
	return old
}
