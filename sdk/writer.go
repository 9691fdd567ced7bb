package sdk

import (
	"errors"
	"math"
	"slices"
	"strconv"
)

// writer puts a JSON document together. It is to encoding/json what reader is. The first error sticks.
type writer struct {
	doc []byte
	err error
}

// item puts the comma that stands between two items.
func (w *writer) item() {
	if len(w.doc) == 0 {
		return
	}
	switch w.doc[len(w.doc)-1] {
	case '{', '[', ':':
	default:
		w.doc = append(w.doc, ',')
	}
}

func (w *writer) object(fields func()) {
	w.item()
	w.doc = append(w.doc, '{')
	fields()
	w.doc = append(w.doc, '}')
}

func writeList[T any](w *writer, list []T, each func(T)) {
	w.item()
	w.doc = append(w.doc, '[')
	for _, v := range list {
		each(v)
	}
	w.doc = append(w.doc, ']')
}

func (w *writer) key(name string) {
	w.str(name)
	w.doc = append(w.doc, ':')
}

func (w *writer) text(key, value string) {
	w.key(key)
	w.str(value)
}

func (w *writer) textIfAny(key, value string) {
	if value != "" {
		w.text(key, value)
	}
}

func (w *writer) word(s string) {
	w.item()
	w.doc = append(w.doc, s...)
}

func (w *writer) raw(doc []byte) {
	w.item()
	w.doc = append(w.doc, doc...)
}

func (w *writer) integer(n int64) {
	w.item()
	w.doc = strconv.AppendInt(w.doc, n, 10)
}

// number writes a float as encoding/json does: as ECMAScript prints it.
func (w *writer) number(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.fail(errors.New("a number is not finite"))
		return
	}
	w.item()
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	w.doc = strconv.AppendFloat(w.doc, f, format, -1, 64)
	if n := len(w.doc); n >= 4 && w.doc[n-4] == 'e' && w.doc[n-3] == '-' && w.doc[n-2] == '0' {
		w.doc = append(w.doc[:n-2], w.doc[n-1]) // e-09 is written e-9
	}
}

// values writes a document with its keys in order, as encoding/json does.
func (w *writer) values(m map[string]any) {
	keys := make([]string, 0, len(m))
	for k := range m {
		at, _ := slices.BinarySearch(keys, k) // a sort of the library is ten times the code, and evidence has few keys
		keys = slices.Insert(keys, at, k)
	}
	w.object(func() {
		for _, k := range keys {
			w.key(k)
			w.value(m[k])
		}
	})
}

func (w *writer) value(v any) {
	switch v := v.(type) {
	case nil:
		w.word("null")
	case bool:
		w.word(strconv.FormatBool(v))
	case string:
		w.str(v)
	case int:
		w.integer(int64(v))
	case int64:
		w.integer(v)
	case float64:
		w.number(v)
	case Timestamp:
		w.timestamp(v)
	case []string:
		writeList(w, v, w.str)
	case []any:
		writeList(w, v, w.value)
	case map[string]any:
		w.values(v)
	default:
		w.other(v)
	}
}

func (w *writer) other(v any) {
	doc, err := encodeOther(v)
	if err != nil {
		w.fail(err)
		return
	}
	w.raw(doc)
}

func (w *writer) timestamp(t Timestamp) {
	w.object(func() {
		w.key("$timestamp")
		w.object(func() {
			w.key("t")
			w.integer(int64(t.T))
			w.key("i")
			w.integer(int64(t.I))
		})
	})
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}
