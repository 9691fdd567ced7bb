package guest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/revsync/revsync/sdk"
)

// relax turns canonical Extended JSON into relaxed: numbers become JSON numbers, dates ISO texts. The rest, and
// the order of keys, stays as it is.
func relax(doc json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := relaxValue(&b, doc); err != nil {
		return nil, sdk.Statusf(sdk.CodeInternal, "the reply is not JSON: %v", err)
	}
	return b.Bytes(), nil
}

func relaxValue(b *bytes.Buffer, v json.RawMessage) error {
	v = bytes.TrimSpace(v)
	switch {
	case len(v) > 0 && v[0] == '{':
		return relaxDocument(b, v)
	case len(v) > 0 && v[0] == '[':
		return relaxArray(b, v)
	}
	return json.Compact(b, v)
}

func relaxDocument(b *bytes.Buffer, v json.RawMessage) error {
	fields, err := parseDocument(v)
	if err != nil {
		return err
	}
	if len(fields) == 1 {
		if short := relaxScalar(fields[0]); short != "" {
			b.WriteString(short)
			return nil
		}
	}
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(f.key) // a string always encodes
		b.Write(append(key, ':'))
		if err := relaxValue(b, f.value); err != nil {
			return err
		}
	}
	return b.WriteByte('}')
}

func relaxArray(b *bytes.Buffer, v json.RawMessage) error {
	var items []json.RawMessage
	if err := json.Unmarshal(v, &items); err != nil {
		return err
	}
	b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := relaxValue(b, item); err != nil {
			return err
		}
	}
	return b.WriteByte(']')
}

// relaxScalar gives the short form of a type wrapper, or "" when it has none.
func relaxScalar(f field) string {
	switch f.key {
	case "$numberInt", "$numberLong":
		var text string
		if json.Unmarshal(f.value, &text) == nil && isInteger(text) {
			return text
		}
	case "$numberDouble":
		var text string
		if json.Unmarshal(f.value, &text) == nil && isFinite(text) {
			return text
		}
	case "$date":
		return relaxDate(f.value)
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
func relaxDate(v json.RawMessage) string {
	var w struct {
		Long string `json:"$numberLong"`
	}
	if json.Unmarshal(v, &w) != nil {
		return ""
	}
	millis, err := strconv.ParseInt(w.Long, 10, 64)
	t := time.UnixMilli(millis).UTC()
	if err != nil {
		return ""
	}
	if millis < 0 || t.Year() > 9999 {
		return `{"$date":{"$numberLong":"` + strconv.FormatInt(millis, 10) + `"}}`
	}
	return `{"$date":"` + t.Format("2006-01-02T15:04:05.999Z07:00") + `"}`
}
