package applier

import (
	"bytes"
	"encoding/binary"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

var errCutShort = errors.New("a document is cut short")

// value is a BSON value without its name; it refers to the bytes it came from.
type value struct {
	kind bson.Type
	data []byte
}

func (v value) equal(w value) bool { return v.kind == w.kind && bytes.Equal(v.data, w.data) }

// raw is for text and tests.
func (v value) raw() bson.RawValue { return bson.RawValue{Type: v.kind, Value: v.data} }

// fields calls f for each field of a document, in order, without allocating.
func fields(doc []byte, f func(name []byte, v value) error) error {
	if len(doc) < 5 || int64(binary.LittleEndian.Uint32(doc)) != int64(len(doc)) || doc[len(doc)-1] != 0 {
		return errCutShort
	}
	rest := doc[4 : len(doc)-1]
	for len(rest) > 0 {
		end := bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			return errCutShort
		}
		kind, name := rest[0], rest[1:1+end]
		v, more, ok := bsoncore.ReadValue(rest[2+end:], bsoncore.Type(kind))
		if !ok {
			return errCutShort
		}
		if err := f(name, value{bson.Type(kind), v.Data}); err != nil {
			return err
		}
		rest = more
	}
	return nil
}

// field finds one field; ok is false when it is not there or the document is
// not readable up to it.
func field(doc []byte, name string) (v value, ok bool) {
	_ = fields(doc, func(n []byte, found value) error {
		if string(n) != name {
			return nil
		}
		v, ok = found, true
		return errFound
	})
	return v, ok
}

var errFound = errors.New("found")
