package applier

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/big"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Two ids that the server's _id index takes for equal must get equal keys: the
// changes of one key are applied in order by one worker. Different ids may share
// a key; that costs order where none is needed, and nothing else, because
// changes are only ever merged when the ids are equal byte by byte.

// keySeed makes keys unpredictable for whoever chooses the ids.
var keySeed = maphash.MakeSeed()

// keyOf is the key of a document of a collection. buf is scratch space.
func keyOf(t *target, id value, buf []byte) (key uint64, scratch []byte) {
	buf = append(buf[:0], t.source[:]...)
	if !t.ordered {
		var text bool
		buf, text = appendKey(buf, id)
		if text && t.collated {
			buf = buf[:len(t.source)] // the whole collection: which texts are equal is the collation's business
		}
	}
	return maphash.Bytes(keySeed, buf), buf
}

// appendKey appends the canonical form of a value: equal for values that an
// index takes for equal. text tells whether a collation could see more values
// as equal.
func appendKey(dst []byte, v value) (key []byte, text bool) {
	switch v.kind {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		return appendNumber(dst, v), false
	case bson.TypeString, bson.TypeSymbol:
		return append(append(dst, byte(bson.TypeString)), v.data...), true
	case bson.TypeEmbeddedDocument:
		return appendDocumentKey(append(dst, byte(v.kind)), v.data, true)
	case bson.TypeArray: // the names of an array's fields mean nothing
		return appendDocumentKey(append(dst, byte(v.kind)), v.data, false)
	case bson.TypeCodeWithScope:
		return appendScopeKey(append(dst, byte(v.kind)), v.data)
	case bson.TypeBoolean:
		return append(dst, byte(v.kind), boolByte(v.data)), false
	case bson.TypeNull, bson.TypeUndefined:
		return append(dst, byte(bson.TypeNull)), false
	}
	return append(append(dst, byte(v.kind)), v.data...), false
}

func boolByte(data []byte) byte {
	if len(data) > 0 && data[0] != 0 {
		return 1
	}
	return 0
}

// appendDocumentKey follows the fields in their order, as the index does.
func appendDocumentKey(dst, doc []byte, named bool) (key []byte, text bool) {
	err := fields(doc, func(name []byte, v value) error {
		dst = append(dst, 1)
		if named {
			dst = append(append(dst, name...), 0)
		}
		var t bool
		dst, t = appendKey(dst, v)
		text = text || t
		return nil
	})
	if err != nil { // not a document that a server can have stored
		dst = append(dst, doc...)
	}
	return append(dst, 0), text
}

func appendScopeKey(dst, data []byte) (key []byte, text bool) {
	if len(data) < 8 {
		return append(dst, data...), true
	}
	end := 8 + int64(binary.LittleEndian.Uint32(data[4:])) // total length, length of the code, code
	if end > int64(len(data)) {
		return append(dst, data...), true
	}
	return appendDocumentKey(append(dst, data[4:end]...), data[end:], true)
}

// Forms of a number: whole numbers that fit into 64 bits, else the nearest
// double. No value has two forms; decimals too fine for a double share one.
const (
	formWhole  = 'i'
	formDouble = 'd'
	formNaN    = 'n'
)

func appendNumber(dst []byte, v value) []byte {
	switch v.kind {
	case bson.TypeInt32:
		return appendWhole(dst, int64(int32(binary.LittleEndian.Uint32(v.data))))
	case bson.TypeInt64:
		return appendWhole(dst, int64(binary.LittleEndian.Uint64(v.data)))
	case bson.TypeDouble:
		return appendDouble(dst, math.Float64frombits(binary.LittleEndian.Uint64(v.data)))
	}
	low, high := binary.LittleEndian.Uint64(v.data), binary.LittleEndian.Uint64(v.data[8:])
	return appendDecimal(dst, bson.NewDecimal128(high, low))
}

func appendWhole(dst []byte, n int64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, formWhole), uint64(n))
}

func appendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, formNaN)
	case f == math.Trunc(f) && f >= -1<<63 && f < 1<<63:
		return appendWhole(dst, int64(f)) // -0 becomes 0
	}
	return binary.LittleEndian.AppendUint64(append(dst, formDouble), math.Float64bits(f))
}

// maxCoefficient is the largest coefficient of a decimal; larger ones can be
// written in the format and mean zero.
var maxCoefficient = new(big.Int).Sub(new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil), big.NewInt(1))

func appendDecimal(dst []byte, d bson.Decimal128) []byte {
	if d.IsNaN() {
		return append(dst, formNaN)
	}
	if sign := d.IsInf(); sign != 0 {
		return appendDouble(dst, math.Inf(sign))
	}
	coefficient, exponent, err := d.BigInt()
	if err != nil || coefficient.Sign() == 0 || coefficient.CmpAbs(maxCoefficient) > 0 {
		return appendWhole(dst, 0)
	}
	if n, ok := wholeOf(coefficient, exponent); ok {
		return appendWhole(dst, n)
	}
	f, _ := strconv.ParseFloat(coefficient.String()+"e"+strconv.Itoa(exponent), 64) // out of range is infinite, which will do
	return binary.LittleEndian.AppendUint64(append(dst, formDouble), math.Float64bits(f))
}

// wholeOf is coefficient * 10^exponent when that is a whole number of 64 bits.
func wholeOf(coefficient *big.Int, exponent int) (int64, bool) {
	if exponent > 18 || exponent < -34 { // too large, or smaller than one
		return 0, false
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
	whole, rest := new(big.Int), new(big.Int)
	if exponent >= 0 {
		whole.Mul(coefficient, scale)
	} else {
		whole.QuoRem(coefficient, scale, rest)
	}
	return whole.Int64(), rest.Sign() == 0 && whole.IsInt64()
}
