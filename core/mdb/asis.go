package mdb

import (
	"bytes"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// InsertChanges reports whether an insert would not keep one of these documents
// as it is: servers put the current time in place of an empty timestamp
// (seconds and counter 0) in a top-level field other than _id. A replacement
// does the same; see AsIs for what does not. (From 6.0.18 on there is an option
// for it, bypassEmptyTsReplacement, which 6.0.5 does not know.)
//
// Documents are only looked at when the bytes hold a run of zeros that an empty
// timestamp would need.
func InsertChanges(docs bson.RawArray) bool {
	if !bytes.Contains(docs, endOfEmptyTimestamp) {
		return false
	}
	found := false
	_ = (&Batch{Docs: docs}).Each(func(doc bson.Raw) error { // docs cut short are the server's to refuse
		found = found || InsertChangesDocument(doc)
		return nil
	})
	return found
}

// endOfEmptyTimestamp is the end of a field's name and a timestamp of zeros.
var endOfEmptyTimestamp = make([]byte, 9)

// InsertChangesDocument is InsertChanges for one document.
func InsertChangesDocument(doc bson.Raw) bool {
	if len(doc) < 5 {
		return false
	}
	rest := doc[4 : len(doc)-1]
	for len(rest) > 0 {
		elem, more, ok := bsoncore.ReadElement(rest)
		if !ok {
			return false
		}
		if bson.Type(elem[0]) == bson.TypeTimestamp && bytes.HasSuffix(elem, endOfEmptyTimestamp) && elem.Key() != "_id" {
			return true
		}
		rest = more
	}
	return false
}

// AsIs is the statement of an update command that makes the document with doc's
// _id equal to doc, and creates it if there is none. An aggregation pipeline is
// the only way of writing a whole document that leaves empty timestamps alone.
func AsIs(doc bson.Raw) []byte {
	id := doc.Lookup("_id")
	equal := bsoncore.BuildDocument(nil, appendValue(nil, "$eq", id))
	literal := bsoncore.BuildDocument(nil, bsoncore.AppendDocumentElement(nil, "$literal", bsoncore.Document(doc)))
	stage := bsoncore.BuildDocument(nil, bsoncore.AppendDocumentElement(nil, "$replaceWith", literal))
	dst := make([]byte, 0, len(doc)+len(equal)+128)
	at, dst := bsoncore.AppendDocumentStart(dst)
	dst = bsoncore.AppendDocumentElement(dst, "q", bsoncore.BuildDocument(nil, bsoncore.AppendDocumentElement(nil, "_id", equal)))
	dst = bsoncore.AppendArrayElement(dst, "u", bsoncore.BuildArray(nil, bsoncore.Value{Type: bsoncore.TypeEmbeddedDocument, Data: stage}))
	dst = bsoncore.AppendBooleanElement(dst, "upsert", true)
	dst, _ = bsoncore.AppendDocumentEnd(dst, at) // fails only for a wrong start index
	return dst
}

func appendValue(dst []byte, key string, v bson.RawValue) []byte {
	dst = bsoncore.AppendHeader(dst, bsoncore.Type(v.Type), key)
	return append(dst, v.Value...)
}
