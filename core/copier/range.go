package copier

import (
	"bytes"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/schema"
)

// Range is a part of one collection, as it is kept in revsync_internal.ranges:
// the documents whose _id comes at or after Min and before Max in the order of
// the index on _id. The bounds are documents of the form {_id: value}, with a
// value of any BSON type; an absent bound is open.
//
// The ranges of a collection are numbered from 0 and each one's Max is the next
// one's Min. So every value is in one of them whatever the bounds are: in the
// last one whose Min it doesn't come before. That does not even ask for bounds
// in ascending order, which only keeps ranges from overlapping.
type Range struct {
	ID      RangeID  `bson:"_id"`
	Min     bson.Raw `bson:"min,omitempty"`
	Max     bson.Raw `bson:"max,omitempty"`
	InOrder bool     `bson:"inOrder,omitempty"` // of a capped collection: one range, in the order of insertion
	Bytes   int64    `bson:"bytes"`             // of documents, estimated
	Batch   int32    `bson:"batch"`             // documents to ask for at once
	Done    bool     `bson:"done"`              // every document is on the destination, acknowledged by a majority
	Copied  int64    `bson:"copied,omitempty"`  // bytes of documents, once it is done
}

// RangeID names a range. The order of the fields is that of the index on _id.
type RangeID struct {
	Epoch  int         `bson:"epoch"`
	Source bson.Binary `bson:"source"` // UUID of the collection on the source
	N      int         `bson:"n"`
}

func (r Range) source() (schema.UUID, error) {
	if r.ID.Source.Subtype != bson.TypeBinaryUUID || len(r.ID.Source.Data) != len(schema.UUID{}) {
		return schema.UUID{}, fmt.Errorf("range %d of epoch %d names no collection", r.ID.N, r.ID.Epoch)
	}
	return schema.UUID(r.ID.Source.Data), nil
}

// checkChain refuses ranges, in ascending order of their numbers, that leave a
// part of the collection out.
func checkChain(ranges []Range) error {
	if len(ranges) == 0 {
		return fmt.Errorf("it has no ranges")
	}
	var bound bson.Raw
	for n, r := range ranges {
		if r.ID.N != n || !bytes.Equal(r.Min, bound) || n > 0 && bound == nil {
			return fmt.Errorf("its ranges do not join at number %d", n)
		}
		bound = r.Max
	}
	if bound != nil {
		return fmt.Errorf("its last range, number %d, has an end", len(ranges)-1)
	}
	return nil
}
