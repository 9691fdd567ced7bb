package wasm

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// reader reads the binary format of WebAssembly 2.0. After its first error everything it reads is zero or empty.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.rest = nil
}

// take returns the next n bytes, a view.
func (r *reader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.rest)) {
		r.fail("%d bytes where %d are left", n, len(r.rest))
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) oneByte() byte {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// oneOf returns the next byte, which must be one of some.
func (r *reader) oneOf(what string, some ...byte) byte {
	b := r.oneByte()
	if !slices.Contains(some, b) {
		r.fail("%s 0x%02x is not of WebAssembly 2.0", what, b)
		return 0
	}
	return b
}

// number reads an unsigned number of 32 bits, seven to a byte.
func (r *reader) number() uint32 {
	n, size := binary.Uvarint(r.rest[:min(len(r.rest), binary.MaxVarintLen32)])
	if size <= 0 || n > math.MaxUint32 {
		r.fail("a number that does not end, or is over 32 bits")
		return 0
	}
	r.rest = r.rest[size:]
	return uint32(n)
}

// skipNumber passes over a number of any sign and size.
func (r *reader) skipNumber() {
	for range binary.MaxVarintLen64 {
		if r.oneByte() < 0x80 {
			return
		}
	}
	r.fail("a number that does not end")
}

// skipVector passes over a vector of bytes, such as a name.
func (r *reader) skipVector() { r.take(r.number()) }

// each reads the length of a vector and calls read for each of its entries.
func (r *reader) each(read func()) {
	n := r.number()
	if n > maxEntries {
		r.fail("%d entries, more than %d", n, maxEntries)
		return
	}
	for range n {
		if r.err != nil {
			return
		}
		read()
	}
}

// skipConstant passes over a constant expression.
func (r *reader) skipConstant() {
	for r.err == nil {
		switch r.oneOf("instruction in a constant", 0x0b, 0x23, 0x41, 0x42, 0x43, 0x44, 0xd0, 0xd2, 0xfd) {
		case 0x0b: // end
			return
		case 0x23, 0x41, 0x42, 0xd2: // global.get, i32.const, i64.const, ref.func
			r.skipNumber()
		case 0x43: // f32.const
			r.take(4)
		case 0x44: // f64.const
			r.take(8)
		case 0xd0: // ref.null
			r.referenceType()
		case 0xfd: // v128.const
			r.oneOf("vector instruction in a constant", 0x0c)
			r.take(16)
		}
	}
}

func (r *reader) referenceType() byte { return r.oneOf("reference type", 0x70, 0x6f) }

func (r *reader) valueType() byte {
	return r.oneOf("value type", 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f)
}
