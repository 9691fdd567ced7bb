package mdb

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Pieces takes a document apart for a server that cannot log it as a whole: a
// document of nothing but the _id, and deltas, as the oplog has them, that append
// the other fields in their order. No delta is larger than limit, unless a single
// field is.
func Pieces(doc bson.Raw, limit int) (first bson.Raw, deltas []bson.Raw, err error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, nil, err
	}
	var fields []byte
	flush := func() {
		if len(fields) > 0 {
			deltas, fields = append(deltas, appending(fields)), nil
		}
	}
	for _, e := range elements {
		switch {
		case e.Key() == "_id":
			first = bson.Raw(bsoncore.BuildDocument(nil, e))
			continue
		case len(fields)+len(e)+pieceFrame > limit:
			flush()
		}
		fields = append(fields, e...)
	}
	flush()
	if first == nil {
		return nil, nil, errors.New("the document has no _id")
	}
	return first, deltas, nil
}

// pieceFrame is what a delta has around its fields.
const pieceFrame = 64

// appending is the delta {$v: 2, diff: {i: {fields}}}.
func appending(fields []byte) bson.Raw {
	diff := bsoncore.BuildDocument(nil, bsoncore.AppendDocumentElement(nil, "i", bsoncore.BuildDocument(nil, fields)))
	delta := bsoncore.AppendInt32Element(nil, "$v", 2)
	return bson.Raw(bsoncore.BuildDocument(nil, bsoncore.AppendDocumentElement(delta, "diff", diff)))
}
