package schema

import (
	"math"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// edit copies a document element by element: f answers the value to keep and
// whether to keep the element at all. Bytes that f does not touch stay as they are.
func edit(doc bson.Raw, f func(key string, v bson.RawValue) (bson.RawValue, bool)) bson.Raw {
	at, out := bsoncore.AppendDocumentStart(make([]byte, 0, len(doc)+32))
	elements, _ := doc.Elements() // what is readable; documents of a server are valid
	for _, e := range elements {
		if v, keep := f(e.Key(), e.Value()); keep {
			out = appendValue(out, e.Key(), v)
		}
	}
	out, _ = bsoncore.AppendDocumentEnd(out, at) // fails only for a wrong start index
	return out
}

func appendValue(dst []byte, key string, v bson.RawValue) []byte {
	return append(bsoncore.AppendHeader(dst, bsoncore.Type(v.Type), key), v.Value...)
}

// with sets key, in its place when it is there, else at the end.
func with(doc bson.Raw, key string, value bson.RawValue) bson.Raw {
	found := false
	out := edit(doc, func(k string, v bson.RawValue) (bson.RawValue, bool) {
		if k != key {
			return v, true
		}
		found = true
		return value, true
	})
	if found {
		return out
	}
	out = appendValue(out[:len(out)-1], key, value)
	return bsoncore.UpdateLength(append(out, 0), 0, int32(len(out)+1))
}

// without leaves some keys out.
func without(doc bson.Raw, keys ...string) bson.Raw {
	return edit(doc, func(k string, v bson.RawValue) (bson.RawValue, bool) { return v, !contains(keys, k) })
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func has(doc bson.Raw, key string) bool { return !doc.Lookup(key).IsZero() }

func boolean(b bool) bson.RawValue {
	return bson.RawValue{Type: bson.TypeBoolean, Value: bsoncore.AppendBoolean(nil, b)}
}

func int32Value(n int32) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt32, Value: bsoncore.AppendInt32(nil, n)}
}

func int64Value(n int64) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt64, Value: bsoncore.AppendInt64(nil, n)}
}

func stringValue(s string) bson.RawValue {
	return bson.RawValue{Type: bson.TypeString, Value: bsoncore.AppendString(nil, s)}
}

func documentValue(d bson.Raw) bson.RawValue {
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
}

// truthy is the server's notion of a flag: absent, null, false and zero are
// off, anything else is on. Old catalogs hold numbers and even strings.
func truthy(v bson.RawValue) bool {
	if n, ok := number(v); ok {
		return n != 0
	}
	switch v.Type {
	case 0, bson.TypeNull, bson.TypeUndefined:
		return false
	case bson.TypeBoolean:
		return v.Boolean()
	}
	return true
}

// number reads any numeric type as a float; ok is false for other types.
func number(v bson.RawValue) (float64, bool) {
	switch v.Type {
	case bson.TypeInt32:
		return float64(v.Int32()), true
	case bson.TypeInt64:
		return float64(v.Int64()), true
	case bson.TypeDouble:
		return v.Double(), true
	case bson.TypeDecimal128:
		f, err := strconv.ParseFloat(v.Decimal128().String(), 64)
		if err != nil {
			return math.NaN(), true
		}
		return f, true
	}
	return 0, false
}

// canon writes a value so that values that the server takes for equal in an
// index definition read the same: 1, 1.0 and NumberLong(1) are one.
func canon(v bson.RawValue) string {
	var b strings.Builder
	canonTo(&b, v)
	return b.String()
}

func canonTo(b *strings.Builder, v bson.RawValue) {
	if n, ok := number(v); ok {
		b.WriteString(strconv.FormatFloat(n, 'g', -1, 64))
		return
	}
	switch v.Type {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		b.WriteByte(byte(v.Type))
		elements, _ := bson.Raw(v.Value).Elements()
		for _, e := range elements {
			b.WriteString(strconv.Quote(e.Key()))
			canonTo(b, e.Value())
		}
		b.WriteByte(0)
	default:
		b.WriteByte(byte(v.Type))
		b.WriteString(strconv.Quote(string(v.Value)))
	}
}
