package applier

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// The statements of update and delete commands, appended as bytes. The query is
// {_id: id}: an _id is never a regular expression or an operator.

// appendReplace appends {q, u: doc, upsert: true}.
func appendReplace(dst []byte, o *op) []byte {
	at, dst := bsoncore.AppendDocumentStart(dst)
	dst = appendQuery(dst, o.id)
	if needsLiteral(o.doc) {
		list, stage := int32(0), int32(0)
		list, dst = bsoncore.AppendArrayElementStart(dst, "u")
		stage, dst = bsoncore.AppendDocumentElementStart(dst, "0")
		dst = appendLiteral(dst, o.doc)
		dst = closeDocument(closeDocument(dst, stage), list)
	} else {
		dst = bsoncore.AppendDocumentElement(dst, "u", bsoncore.Document(o.doc))
	}
	dst = bsoncore.AppendBooleanElement(dst, "upsert", true)
	return closeDocument(dst, at)
}

// appendLiteral appends the field $replaceWith: {$literal: doc}.
func appendLiteral(dst []byte, doc bson.Raw) []byte {
	at, dst := bsoncore.AppendDocumentElementStart(dst, "$replaceWith")
	dst = bsoncore.AppendDocumentElement(dst, "$literal", bsoncore.Document(doc))
	return closeDocument(dst, at)
}

// appendUpdate appends {q, u: [{$_internalApplyOplogUpdate: {oplogUpdate: delta}}, ...]}.
// This stage is what the server's own secondaries apply a delta with; it exists
// in 6.0 and needs no more rights than any update.
func appendUpdate(dst []byte, o *op) []byte {
	at, dst := bsoncore.AppendDocumentStart(dst)
	dst = appendQuery(dst, o.id)
	list, dst := bsoncore.AppendArrayElementStart(dst, "u")
	for _, delta := range o.deltas {
		stage, grown := bsoncore.AppendDocumentElementStart(dst, "") // the names of an array's fields mean nothing
		inner, grown := bsoncore.AppendDocumentElementStart(grown, "$_internalApplyOplogUpdate")
		grown = bsoncore.AppendDocumentElement(grown, "oplogUpdate", bsoncore.Document(delta))
		dst = closeDocument(closeDocument(grown, inner), stage)
	}
	return closeDocument(closeDocument(dst, list), at)
}

// appendDelete appends {q, limit: 1}.
func appendDelete(dst []byte, o *op) []byte {
	at, dst := bsoncore.AppendDocumentStart(dst)
	dst = bsoncore.AppendInt32Element(appendQuery(dst, o.id), "limit", 1)
	return closeDocument(dst, at)
}

func appendQuery(dst []byte, id value) []byte {
	at, dst := bsoncore.AppendDocumentElementStart(dst, "q")
	dst = bsoncore.AppendValueElement(dst, "_id", bsoncore.Value{Type: bsoncore.Type(id.kind), Data: id.data})
	return closeDocument(dst, at)
}

func closeDocument(dst []byte, at int32) []byte {
	dst, _ = bsoncore.AppendDocumentEnd(dst, at) // fails only for a wrong start index
	return dst
}

// needsLiteral reports whether a server would take a document for something else
// or change it, when it comes as a plain insert or replacement: a first level
// name with a leading $ makes it an update with operators, and a first level
// timestamp of zero is replaced by the current time.
func needsLiteral(doc bson.Raw) bool {
	err := fields(doc, func(name []byte, v value) error {
		if len(name) > 0 && name[0] == '$' || v.kind == bson.TypeTimestamp && [8]byte(v.data) == [8]byte{} {
			return errFound
		}
		return nil
	})
	return err != nil
}
