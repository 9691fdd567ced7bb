package guest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/revsync/revsync/sdk"
)

// errTooLong is that a reply does not fit into one result.
var errTooLong = errors.New("longer than a result may be")

// relax turns canonical Extended JSON into relaxed: numbers become JSON numbers, dates ISO texts. The rest, and
// the order of keys, stays as it is. It reads the document once, whatever its depth, and ends with errTooLong as soon as
// what it has written is longer than limit, since a module decides what there is to read.
func relax(ctx context.Context, doc json.RawMessage, limit int) (json.RawMessage, error) {
	r := relaxing{in: json.NewDecoder(bytes.NewReader(doc))}
	r.in.UseNumber()
	r.text = json.NewEncoder(&r.out)
	r.text.SetEscapeHTML(false)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, status(ctx, context.Cause(ctx))
		}
		token, err := r.in.Token()
		switch {
		case err == io.EOF && n > 0 && len(r.open) == 0:
			return r.out.Bytes(), nil
		case err != nil:
			return nil, sdk.Statusf(sdk.CodeInternal, "the reply is not JSON: %v", err)
		}
		r.take(token)
		if r.out.Len() > limit {
			return nil, errTooLong
		}
	}
}

// relaxing is a reply on its way from one form to the other.
type relaxing struct {
	in   *json.Decoder
	out  bytes.Buffer
	text *json.Encoder // into out
	open []nesting
}

// nesting is a document or array that has begun.
type nesting struct {
	start  int // where it begins in the output
	isList bool
	parts  int    // keys and values of a document so far, values of a list
	key    string // the first one of a document
	value  string // of the first key, when it is a text, or was one in a $numberLong
	short  bool   // value was in a $numberLong
}

func (r *relaxing) take(token json.Token) {
	switch t := token.(type) {
	case json.Delim:
		if t == '}' || t == ']' {
			r.close(t)
			return
		}
		r.part()
		r.open = append(r.open, nesting{start: r.out.Len(), isList: t == '['})
		r.out.WriteByte(byte(t))
	case string:
		if top := r.part(); top != nil && top.parts == 1 {
			top.key = t
		} else if top != nil && top.parts == 2 {
			top.value = t
		}
		_ = r.text.Encode(t) // a text always encodes
		r.out.Truncate(r.out.Len() - 1)
	default:
		r.part()
		fmt.Fprint(&r.out, literal(t))
	}
}

func literal(token json.Token) string {
	if token == nil {
		return "null"
	}
	return fmt.Sprint(token) // json.Number or bool
}

// part begins the next key or value of what is open, if anything is.
func (r *relaxing) part() *nesting {
	if len(r.open) == 0 {
		return nil
	}
	top := &r.open[len(r.open)-1]
	switch {
	case top.parts == 0:
	case !top.isList && top.parts%2 == 1:
		r.out.WriteByte(':')
	default:
		r.out.WriteByte(',')
	}
	top.parts++
	return top
}

// close ends a document or array. A document that only wraps a value is taken back and written short.
func (r *relaxing) close(end json.Delim) {
	top := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	r.out.WriteByte(byte(end))
	if top.isList || top.parts != 2 || top.value == "" {
		return
	}
	short := top.relaxed()
	if short == "" {
		return
	}
	r.out.Truncate(top.start)
	r.out.WriteString(short)
	if n := len(r.open); n > 0 && top.key == "$numberLong" && r.open[n-1].parts == 2 {
		r.open[n-1].value, r.open[n-1].short = top.value, true
	}
}

// relaxed is the short form of a type wrapper, or "" when it has none.
func (n nesting) relaxed() string {
	switch {
	case n.key == "$date" && n.short:
		return relaxDate(n.value)
	case n.short:
	case (n.key == "$numberInt" || n.key == "$numberLong") && isInteger(n.value), n.key == "$numberDouble" && isFinite(n.value):
		return n.value
	}
	return ""
}

func isInteger(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil && json.Valid([]byte(text))
}

// isFinite leaves NaN and the infinities, which JSON has no numbers for, in their wrapper.
func isFinite(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && json.Valid([]byte(text))
}

// relaxDate writes dates from 1970 to 9999 as ISO texts; others keep their canonical form, as the relaxed form has it.
func relaxDate(text string) string {
	millis, err := strconv.ParseInt(text, 10, 64)
	t := time.UnixMilli(millis).UTC()
	if err != nil {
		return ""
	}
	if millis < 0 || t.Year() > 9999 {
		return `{"$date":{"$numberLong":"` + strconv.FormatInt(millis, 10) + `"}}`
	}
	return `{"$date":"` + t.Format("2006-01-02T15:04:05.999Z07:00") + `"}`
}
