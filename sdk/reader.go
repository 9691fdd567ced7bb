package sdk

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reader walks over a JSON document once. Requests are read with it, and not with encoding/json, because a module
// usually runs interpreted and starts afresh for each request: preparing the types by reflection and scanning each
// byte three times takes ten times as long there as the work itself (on a request of 900 KB, 24 seconds).
//
// The first error sticks; after it every method returns zero values and moves no further.
type reader struct {
	data string // strings are read as parts of it
	pos  int
	err  error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = errors.New("offset " + strconv.Itoa(r.pos) + ": " + what)
	}
}

// peek returns the first byte of the next token, 0 at the end or after an error.
func (r *reader) peek() byte {
	for r.err == nil && r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// take consumes the byte if it is the next token's first.
func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.pos++
	return true
}

// null consumes a null: the value then keeps its zero.
func (r *reader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	if r.token() != "null" {
		r.fail("not a value")
	}
	return true
}

// object reads an object; each must read or skip the value of the key it is given.
func (r *reader) object(each func(key string)) {
	r.sequence('{', '}', func() {
		key := r.str()
		if !r.take(':') {
			r.fail("no colon after a key")
			return
		}
		each(key)
	})
}

// array reads an array; each must read or skip one item.
func (r *reader) array(each func()) { r.sequence('[', ']', each) }

func (r *reader) sequence(open, end byte, each func()) {
	if r.null() {
		return
	}
	if !r.take(open) {
		r.fail("no " + string(open))
		return
	}
	if r.take(end) {
		return
	}
	for r.err == nil {
		each()
		if r.take(end) {
			return
		}
		if !r.take(',') {
			r.fail("no comma or " + string(end))
		}
	}
}

// str reads a string, or null as "".
func (r *reader) str() string {
	if r.null() {
		return ""
	}
	inner, plain := r.literal()
	if plain {
		return inner
	}
	return r.unquote(inner)
}

// literal consumes a string and returns what stands between its quotes; plain means that it is ASCII without escapes.
func (r *reader) literal() (inner string, plain bool) {
	if r.peek() != '"' {
		r.fail("no string")
		return "", true
	}
	start, plain := r.pos+1, true
	for i := start; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			return r.data[start:i], plain
		case c == '\\':
			i, plain = i+1, false
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	r.fail("a string does not end")
	return "", true
}

// token consumes a number, true, false or null.
func (r *reader) token() string {
	r.peek()
	start := r.pos
	for r.pos < len(r.data) && strings.IndexByte(" \t\r\n,:]}[{\"", r.data[r.pos]) < 0 {
		r.pos++
	}
	if r.pos == start {
		r.fail("no value")
	}
	return r.data[start:r.pos]
}

func (r *reader) flag() bool {
	if r.null() {
		return false
	}
	switch r.token() {
	case "true":
		return true
	case "false":
	default:
		r.fail("not true or false")
	}
	return false
}

func (r *reader) integer() int64 {
	if r.null() {
		return 0
	}
	n, err := strconv.ParseInt(r.token(), 10, 64)
	if err != nil {
		r.fail(err.Error())
	}
	return n
}

func (r *reader) uint32() uint32 {
	n := r.integer()
	if n < 0 || n > math.MaxUint32 {
		r.fail("not a number of 32 bits")
	}
	return uint32(n)
}

func (r *reader) number() float64 {
	if r.null() {
		return 0
	}
	n, err := strconv.ParseFloat(r.token(), 64)
	if err != nil {
		r.fail(err.Error())
	}
	return n
}

// skip passes over one value.
func (r *reader) skip() {
	depth := 0
	for r.err == nil {
		switch r.peek() {
		case '{', '[':
			depth++
			r.pos++
		case '}', ']':
			depth--
			r.pos++
		case ',', ':':
			r.pos++
		case '"':
			r.literal()
		default:
			r.token()
		}
		if depth <= 0 {
			return
		}
	}
}

// raw consumes one value and returns a copy of its text.
func (r *reader) raw() json.RawMessage {
	r.peek()
	start := r.pos
	r.skip()
	if r.err != nil {
		return nil
	}
	return json.RawMessage(r.data[start:r.pos])
}
