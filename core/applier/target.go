package applier

import (
	"fmt"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// target is one collection as the replay sees it.
type target struct {
	source   schema.UUID
	ordered  bool // capped: one key, so that the order of insertion is kept
	collated bool // its default collation can take different texts for equal
	place    atomic.Pointer[place]
}

// place is where a collection's changes go.
type place struct {
	ns   mdb.Namespace
	dest bson.Binary
}

func newTarget(c schema.Collection) (*target, error) {
	t := &target{source: c.Source, ordered: isCapped(c.Options), collated: isCollated(c.Options)}
	return t, t.locate(c)
}

// locate takes over where the catalog says the collection is.
func (t *target) locate(c schema.Collection) error {
	if c.Dest.IsZero() {
		return fmt.Errorf("%s has no collection on the destination yet", c.NS)
	}
	t.place.Store(&place{ns: c.NS, dest: c.Dest.Binary()})
	return nil
}

func isCapped(options bson.Raw) bool {
	v, ok := field(options, "capped")
	return ok && v.kind == bson.TypeBoolean && boolByte(v.data) == 1
}

// isCollated reports any default collation: listCollections leaves the simple
// one out.
func isCollated(options bson.Raw) bool {
	_, ok := field(options, "collation")
	return ok
}
