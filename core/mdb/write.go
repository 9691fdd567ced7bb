package mdb

import (
	"context"
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/revsync/revsync/core/internal/point"
)

// Array builds a BSON array of documents by copying their bytes, nothing else.
// The zero value is an empty array.
type Array struct {
	buf []byte
	n   int
}

// Grow makes room for so many bytes of documents, so that Add need not move what
// is there.
func (a *Array) Grow(size int) {
	if a.buf == nil {
		a.buf = make([]byte, 4, size+8)
	}
}

// Add appends one document.
func (a *Array) Add(doc []byte) {
	if a.buf == nil {
		a.buf = make([]byte, 4, 1024)
	}
	a.buf = append(a.buf, byte(bson.TypeEmbeddedDocument))
	a.buf = strconv.AppendInt(a.buf, int64(a.n), 10)
	a.buf = append(append(a.buf, 0), doc...)
	a.n++
}

// Count is the number of documents, Size the number of bytes.
func (a *Array) Count() int { return a.n }

// Size is the number of bytes so far.
func (a *Array) Size() int { return len(a.buf) }

// Raw closes the array and answers its bytes; do not Add afterwards.
func (a *Array) Raw() bson.RawArray {
	if a.buf == nil {
		return bson.RawArray{5, 0, 0, 0, 0}
	}
	a.buf = append(a.buf, 0)
	return bson.RawArray(bsoncore.UpdateLength(a.buf, 0, int32(len(a.buf))))
}

// Write is one insert, update or delete command with many statements. UUID,
// when not nil, ties it to one incarnation of the collection: the server
// refuses it with CodeCollectionUUIDMismatch when the name has come to mean
// another one.
type Write struct {
	NS         Namespace
	UUID       *bson.Binary
	Statements bson.RawArray
	Ordered    bool
}

// WriteResult is what became of the statements.
type WriteResult struct {
	N        int // inserted, matched or deleted documents, upserts included
	Modified int
	Errors   []WriteError
}

// WriteError is the failure of one statement.
type WriteError struct {
	Index      int
	Code       int
	Message    string
	KeyPattern bson.Raw // of the index that refused a duplicate key; nil otherwise
}

// OnID reports whether the error is a duplicate _id, not one of another index.
func (e WriteError) OnID() bool {
	if e.Code != CodeDuplicateKey {
		return false
	}
	elems, err := e.KeyPattern.Elements()
	return err == nil && len(elems) == 1 && elems[0].Key() == "_id"
}

// WriteConcernError says that the statements were done but not confirmed by a
// majority in time.
type WriteConcernError struct {
	Code    int
	Message string
}

// Error reads like the server's own text.
func (e *WriteConcernError) Error() string {
	return fmt.Sprintf("not confirmed by a majority: %s (code %d)", e.Message, e.Code)
}

// Insert, Update and Delete send one command, bypass document validation, and
// answer when a majority has the result. The statements have the shape of the
// server's commands: documents, {q, u, ...}, {q, limit}.
func (c *Cluster) Insert(ctx context.Context, w Write) (WriteResult, error) {
	return c.write(ctx, w, "insert", "documents", true)
}

// Update sends one update command; see Insert.
func (c *Cluster) Update(ctx context.Context, w Write) (WriteResult, error) {
	return c.write(ctx, w, "update", "updates", true)
}

// Delete sends one delete command; see Insert.
func (c *Cluster) Delete(ctx context.Context, w Write) (WriteResult, error) {
	return c.write(ctx, w, "delete", "deletes", false)
}

func (c *Cluster) write(ctx context.Context, w Write, verb, field string, bypass bool) (WriteResult, error) {
	reply, err := c.marked(ctx, w.NS.DB, func(m mark) any {
		point.Hit("write.before-send")
		return w.command(verb, field, bypass, m)
	})
	if err != nil {
		return WriteResult{}, fmt.Errorf("%s into %s: %w", verb, w.NS, err)
	}
	res, err := readWriteResult(reply)
	if err != nil {
		return res, fmt.Errorf("%s: %s into %s: %w", c.name, verb, w.NS, err)
	}
	return res, nil
}

// command frames the statements; they are copied once, as one value.
func (w Write) command(verb, field string, bypass bool, m mark) bson.Raw {
	dst := make([]byte, 0, len(w.Statements)+256+len(w.NS.Coll))
	at, dst := bsoncore.AppendDocumentStart(dst)
	dst = bsoncore.AppendStringElement(dst, verb, w.NS.Coll)
	dst = bsoncore.AppendBooleanElement(dst, "ordered", w.Ordered)
	if bypass {
		dst = bsoncore.AppendBooleanElement(dst, "bypassDocumentValidation", true)
	}
	if w.UUID != nil {
		dst = bsoncore.AppendBinaryElement(dst, "collectionUUID", w.UUID.Subtype, w.UUID.Data)
	}
	dst = bsoncore.AppendDocumentElement(dst, "comment", m.document())
	dst = bsoncore.AppendDocumentElement(dst, "writeConcern", bsoncore.BuildDocument(nil, bsoncore.AppendStringElement(nil, "w", "majority")))
	dst = bsoncore.AppendArrayElement(dst, field, bsoncore.Array(w.Statements))
	dst, _ = bsoncore.AppendDocumentEnd(dst, at) // fails only for a wrong start index
	return bson.Raw(dst)
}

func readWriteResult(reply bson.Raw) (WriteResult, error) {
	var r WriteResult
	r.N = intOf(reply.Lookup("n"))
	r.Modified = intOf(reply.Lookup("nModified"))
	if list, ok := reply.Lookup("writeErrors").ArrayOK(); ok {
		values, err := list.Values()
		if err != nil {
			return r, fmt.Errorf("unreadable writeErrors: %w", err)
		}
		for _, v := range values {
			r.Errors = append(r.Errors, readWriteError(v.Document()))
		}
	}
	return r, ConcernError(reply)
}

func readWriteError(d bson.Raw) WriteError {
	e := WriteError{Index: intOf(d.Lookup("index")), Code: intOf(d.Lookup("code"))}
	e.Message, _ = d.Lookup("errmsg").StringValueOK()
	e.KeyPattern, _ = d.Lookup("keyPattern").DocumentOK()
	return e
}

// ConcernError is the write concern error inside the reply of a command, nil when
// a majority has confirmed it.
func ConcernError(reply bson.Raw) error {
	d, ok := reply.Lookup("writeConcernError").DocumentOK()
	if !ok {
		return nil
	}
	text, _ := d.Lookup("errmsg").StringValueOK()
	return &WriteConcernError{Code: intOf(d.Lookup("code")), Message: text}
}

func intOf(v bson.RawValue) int {
	n, _ := v.AsInt64OK()
	return int(n)
}
