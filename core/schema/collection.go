package schema

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// UUID is a collection's UUID as a map key: the 16 bytes of a BSON binary of
// subtype 4. The zero value means "none".
type UUID [16]byte

// UUIDOf reads a UUID out of a BSON value; ok is false for any other value.
func UUIDOf(v bson.RawValue) (u UUID, ok bool) {
	subtype, data, ok := v.BinaryOK()
	if !ok || subtype != bson.TypeBinaryUUID || len(data) != len(u) {
		return UUID{}, false
	}
	return UUID(data), true
}

// Binary is the BSON form.
func (u UUID) Binary() bson.Binary {
	return bson.Binary{Subtype: bson.TypeBinaryUUID, Data: u[:]}
}

// IsZero reports whether there is no UUID.
func (u UUID) IsZero() bool { return u == UUID{} }

// Collection is one collection of a sync, on both sides. What Options and
// Indexes say is the truth of the source; on the destination some of it is
// relaxed while the sync runs.
type Collection struct {
	Source  UUID          // of the source's collection; the key of everything
	Dest    UUID          // of the destination's; zero until it was created there
	NS      mdb.Namespace // its name, as of the last DDL that was applied
	Options bson.Raw      // as listCollections shows them on the source, and its idIndex
	Indexes []Index       // without the one on _id
}

// Index is one secondary index with its definition on the source.
type Index struct {
	Name  string
	Spec  bson.Raw // as listIndexes shows it on the source
	State IndexState
	Error string // why State is IndexFailed

	// CleanSource and CleanDest say that the index's keys on that side are known
	// to hold their record ids, because it was built there while a sync knew of it.
	CleanSource, CleanDest bool
}

// IndexState says what there is of an index on the destination.
type IndexState string

// The states.
const (
	IndexPending IndexState = "pending" // not built yet
	IndexBuilt   IndexState = "built"   // built, in its relaxed form
	IndexFailed  IndexState = "failed"  // could not be built; see Error; can be tried again
	IndexAtEnd   IndexState = "at end"  // its relaxed form would equal another index: built at commit, at once in its real form
)
