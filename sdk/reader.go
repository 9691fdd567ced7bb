package sdk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// reader walks over a JSON document once. Requests are read with it, and not with encoding/json, because a module
// usually runs interpreted and starts afresh for each request: preparing the types by reflection and scanning each
// byte three times takes ten times as long there as the work itself (on a request of 900 KB, 24 seconds).
//
// The first error sticks; after it every method returns zero values and moves no further.
type reader struct {
	data []byte
	pos  int
	err  error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("offset %d: %s", r.pos, what)
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
	if string(r.token()) != "null" {
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
	literal := r.literal()
	if r.err != nil {
		return ""
	}
	inner := literal[1 : len(literal)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(literal, &s); err != nil {
		r.fail(err.Error())
	}
	return s
}

// literal consumes a string and returns it with its quotes.
func (r *reader) literal() []byte {
	if r.peek() != '"' {
		r.fail("no string")
		return nil
	}
	start := r.pos
	for i := start + 1; i < len(r.data); i++ {
		switch r.data[i] {
		case '\\':
			i++
		case '"':
			r.pos = i + 1
			return r.data[start:r.pos]
		}
	}
	r.fail("a string does not end")
	return nil
}

// token consumes a number, true, false or null.
func (r *reader) token() []byte {
	r.peek()
	start := r.pos
	for r.pos < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:]}[{\""), r.data[r.pos]) < 0 {
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
	switch string(r.token()) {
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
	n, err := strconv.ParseInt(string(r.token()), 10, 64)
	if err != nil {
		r.fail(err.Error())
	}
	return n
}

func (r *reader) number() float64 {
	if r.null() {
		return 0
	}
	n, err := strconv.ParseFloat(string(r.token()), 64)
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
	return json.RawMessage(bytes.Clone(r.data[start:r.pos]))
}
