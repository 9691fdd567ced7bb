package applier

import (
	"encoding/binary"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// kind is what an event does.
type kind uint8

const (
	insert kind = iota
	update      // a delta
	replace
	remove
	ddl
)

// event is the header of a change event and its body, all of it references into
// the event's bytes.
type event struct {
	kind        kind
	operation   string // of a schema event: the server's operationType
	time        lifecycle.OpTime
	namespace   []byte // the document {db, coll}
	to          []byte // of a rename, the same
	uuid        schema.UUID
	id          value
	body        bson.Raw // the document, the delta, or a schema event's description
	token       []byte
	delta       bson.Raw
	description bson.Raw
	bodyless    bool // the stream had to leave the document or delta out, see guard
}

// decode reads an event as showExpandedEvents and showRawUpdateDescription have
// it. What it does not know is an error: an event is never skipped by guess.
func decode(doc bson.Raw) (event, error) {
	var e event
	known := false
	err := fields(doc, func(name []byte, v value) error {
		if string(name) == "operationType" {
			known = e.setOperation(v)
			return nil
		}
		return e.set(name, v)
	})
	if err != nil {
		return e, fmt.Errorf("unreadable change event: %w", err)
	}
	if !known {
		return e, fmt.Errorf("change event of unknown type %q at %s on %s: this version cannot replay it; start the sync anew when it is over, or use a newer version", e.operation, e.time, e.ns())
	}
	return e, e.settle()
}

// setOperation answers false for an operation that nobody here knows, which
// invalidate is too: a stream over a whole cluster never ends with it.
func (e *event) setOperation(v value) bool {
	name := stringOf(v)
	switch string(name) {
	case "insert":
		e.kind = insert
	case "update":
		e.kind = update
	case "replace":
		e.kind = replace
	case "delete":
		e.kind = remove
	case "create", "drop", "rename", "dropDatabase", "createIndexes", "dropIndexes", "modify":
		e.kind, e.operation = ddl, string(name)
	default:
		e.operation = string(name)
		return false
	}
	return true
}

func (e *event) set(name []byte, v value) error {
	switch string(name) {
	case "_id":
		e.token = documentOf(v)
	case "clusterTime":
		if v.kind == bson.TypeTimestamp {
			e.time = lifecycle.OpTime{T: binary.LittleEndian.Uint32(v.data[4:]), I: binary.LittleEndian.Uint32(v.data)}
		}
	case "ns":
		e.namespace = documentOf(v)
	case "to":
		e.to = documentOf(v)
	case "collectionUUID":
		u, ok := schema.UUIDOf(v.raw())
		if !ok {
			return fmt.Errorf("collectionUUID is no UUID")
		}
		e.uuid = u
	case "documentKey":
		e.id, _ = field(documentOf(v), "_id")
	case "fullDocument":
		e.body = documentOf(v)
	case "rawUpdateDescription":
		e.delta = documentOf(v)
	case "operationDescription":
		e.description = documentOf(v)
	case bodylessField:
		e.bodyless = true
	}
	return nil
}

// settle picks the body and checks that what the kind needs is there.
func (e *event) settle() error {
	switch e.kind {
	case update:
		e.body = e.delta
	case ddl:
		e.body = e.description
	}
	missing := ""
	switch {
	case e.time.IsZero():
		missing = "clusterTime"
	case e.token == nil:
		missing = "_id"
	case e.namespace == nil:
		missing = "ns"
	case e.kind == ddl:
	case e.uuid.IsZero():
		missing = "collectionUUID"
	case e.id.kind == 0:
		missing = "documentKey._id"
	case e.kind != remove && e.body == nil && !e.bodyless:
		missing = "the document or delta"
	}
	if missing != "" {
		return fmt.Errorf("change event at %s on %s lacks %s", e.time, e.ns(), missing)
	}
	return nil
}

// behind is the position behind the event.
func (e *event) behind() lifecycle.Position {
	return lifecycle.Position{Token: slices.Clone(e.token), Time: e.time}
}

// ns is the namespace at the time of the event.
func (e *event) ns() mdb.Namespace { return namespaceOf(e.namespace) }

func namespaceOf(doc []byte) mdb.Namespace {
	db, _ := field(doc, "db")
	coll, _ := field(doc, "coll")
	return mdb.Namespace{DB: string(stringOf(db)), Coll: string(stringOf(coll))}
}

// stringOf is the text of a string, nil for any other value.
func stringOf(v value) []byte {
	if v.kind != bson.TypeString || len(v.data) < 5 {
		return nil
	}
	return v.data[4 : len(v.data)-1]
}

// documentOf is the bytes of a document, nil for any other value.
func documentOf(v value) []byte {
	if v.kind != bson.TypeEmbeddedDocument {
		return nil
	}
	return v.data
}
