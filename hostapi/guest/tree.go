package guest

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// node is a JSON value, read once. What goes to a server is written from it anew, so that the server's side sees exactly
// the keys and texts that were checked, whatever way they were written in.
type node struct {
	kind   byte // '{', '[', '"', or 0 for numbers, true, false and null
	text   string
	fields []member
	items  []node
}

type member struct {
	key   string
	value node
}

// parseTree reads one JSON document and checks all its keys; see checkKeys, which also bounds its depth.
func parseTree(doc json.RawMessage) (node, error) {
	if err := checkKeys(doc); err != nil {
		return node{}, err
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	n, err := readNode(d)
	if err == nil && d.More() {
		err = fmt.Errorf("data after the document")
	}
	if err != nil {
		return node{}, fmt.Errorf("not a JSON document: %w", err)
	}
	return n, nil
}

func readNode(d *json.Decoder) (node, error) {
	t, err := d.Token()
	if err != nil {
		return node{}, err
	}
	switch t := t.(type) {
	case json.Delim:
		return readNested(d, byte(t))
	case string:
		return node{kind: '"', text: t}, nil
	case json.Number:
		return node{text: t.String()}, nil
	case bool:
		return node{text: fmt.Sprint(t)}, nil
	}
	return node{text: "null"}, nil
}

func readNested(d *json.Decoder, open byte) (n node, err error) {
	n.kind = open
	for d.More() {
		var m member
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return n, err
			}
			m.key = key.(string)
		}
		if m.value, err = readNode(d); err != nil {
			return n, err
		}
		if open == '{' {
			n.fields = append(n.fields, m)
		} else {
			n.items = append(n.items, m.value)
		}
	}
	_, err = d.Token()
	return n, err
}

// get is the value of a key; ok is false when it is not there.
func (n node) get(key string) (value node, ok bool) {
	for _, m := range n.fields {
		if m.key == key {
			return m.value, true
		}
	}
	return node{}, false
}

func (n node) write(b *bytes.Buffer) {
	switch n.kind {
	case '{':
		b.WriteByte('{')
		for i, m := range n.fields {
			comma(b, i)
			writeText(b, m.key)
			b.WriteByte(':')
			m.value.write(b)
		}
		b.WriteByte('}')
	case '[':
		b.WriteByte('[')
		for i, item := range n.items {
			comma(b, i)
			item.write(b)
		}
		b.WriteByte(']')
	case '"':
		writeText(b, n.text)
	default:
		b.WriteString(n.text)
	}
}

func (n node) encode() json.RawMessage {
	var b bytes.Buffer
	n.write(&b)
	return b.Bytes()
}

func comma(b *bytes.Buffer, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}

func writeText(b *bytes.Buffer, text string) {
	quoted, _ := json.Marshal(text) // a string always encodes
	b.Write(quoted)
}
