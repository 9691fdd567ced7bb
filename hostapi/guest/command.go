package guest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// field is one key of a document with its undecoded value.
type field struct {
	key   string
	value json.RawMessage
}

// command is a command document with its keys in order; the first is its name.
type command []field

// parseCommand reads a command and checks it against the read-only list. The error says what is not allowed.
func parseCommand(doc json.RawMessage) (command, error) {
	fields, err := parseDocument(doc)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("the command is empty")
	}
	return fields, nil
}

func (c command) name() string { return c[0].key }

// check reports why the command is not read-only.
func (c command) check() error {
	r, ok := readOnly[c.name()]
	if !ok {
		return fmt.Errorf("command %q is not on the read-only list", clip(c.name(), 64))
	}
	for _, f := range c[1:] {
		if !r.any && !r.arguments[f.key] && !dropped[f.key] {
			return fmt.Errorf("argument %q of %s is not allowed", clip(f.key, 64), c.name())
		}
	}
	tree, err := parseTree(c.encode())
	if err != nil {
		return err
	}
	return checkArguments(tree)
}

// checkArguments looks at what the arguments of a command say, their names being allowed.
func checkArguments(cmd node) error {
	name, value := cmd.fields[0].key, cmd.fields[0].value
	switch {
	case name == "explain":
		return checkExplained(value)
	case name == "dataSize":
		if value.kind != '"' {
			return fmt.Errorf("dataSize does not name a collection with its database")
		}
		return CheckNamespace(value.text)
	case readsContents[name]:
		_, err := checkRead(cmd)
		return err
	}
	return nil
}

// checkRead looks at a command that reads the contents of the collection that stands beside its name, and returns the
// other collections that it reads.
func checkRead(cmd node) (others []string, err error) {
	name, value := cmd.fields[0].key, cmd.fields[0].value
	if value.kind != '"' {
		return nil, fmt.Errorf("%s does not name a collection", name)
	}
	if err := checkCollection(value.text); err != nil {
		return nil, err
	}
	if concern, ok := cmd.get("readConcern"); ok {
		if err := checkReadConcern(concern); err != nil {
			return nil, err
		}
	}
	if name != "aggregate" {
		return nil, nil
	}
	stages, _ := cmd.get("pipeline")
	return walkPipeline(stages)
}

func checkExplained(cmd node) error {
	if cmd.kind != '{' || len(cmd.fields) == 0 {
		return fmt.Errorf("explain needs a command document")
	}
	name := cmd.fields[0].key
	r, ok := explainable[name]
	if !ok {
		return fmt.Errorf("explain of %q is not allowed", clip(name, 64))
	}
	for _, f := range cmd.fields[1:] {
		if !r.arguments[f.key] {
			return fmt.Errorf("explain of %s: argument %q is not allowed", name, clip(f.key, 64))
		}
	}
	_, err := checkRead(cmd)
	return err
}

// maxDepth is how deep a command may be nested; the server takes 100 levels, and the check costs by depth.
const maxDepth = 100

// checkKeys looks at every key of the document at every depth, as the JSON reader unescapes it. A key that comes
// twice in one document is refused: readers differ on which one counts.
func checkKeys(doc json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	var open []*level
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not a JSON document: %w", err)
		}
		if delim, ok := t.(json.Delim); ok && (delim == '}' || delim == ']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			if err := open[len(open)-1].next(t); err != nil {
				return err
			}
		}
		if delim, ok := t.(json.Delim); ok {
			if len(open) == maxDepth {
				return fmt.Errorf("the command is nested deeper than %d levels", maxDepth)
			}
			open = append(open, newLevel(delim))
		}
	}
}

// level is an object or array that the key check is inside of.
type level struct {
	keys  map[string]bool // nil for an array
	inKey bool            // the next token of an object is a key
}

func newLevel(open json.Delim) *level {
	if open == '[' {
		return &level{}
	}
	return &level{keys: map[string]bool{}, inKey: true}
}

func (l *level) next(t json.Token) error {
	if l.keys == nil {
		return nil
	}
	key, isKey := t.(string)
	if isKey = isKey && l.inKey; isKey {
		if l.keys[key] {
			return fmt.Errorf("key %q is there twice", clip(key, 64))
		}
		if err := checkKey(key); err != nil {
			return err
		}
		l.keys[key] = true
	}
	l.inKey = !l.inKey
	return nil
}

// finish returns the command as it goes to the server: without the arguments that are the engine's, and with them.
func (c command) finish(maxTimeMillis int64, comment string) (json.RawMessage, error) {
	text, err := json.Marshal(comment)
	if err != nil {
		return nil, err
	}
	kept := command{}
	for i, f := range c {
		if i > 0 && (dropped[f.key] || strings.HasPrefix(f.key, "$")) {
			continue
		}
		kept = append(kept, f)
	}
	kept = append(kept, field{"maxTimeMS", json.RawMessage(fmt.Sprint(maxTimeMillis))}, field{"comment", text})
	tree, err := parseTree(kept.encode())
	return tree.encode(), err
}

func (c command) encode() json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range c {
		if i > 0 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(f.key) // a string always encodes
		b.Write(key)
		b.WriteByte(':')
		b.Write(f.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// parseDocument reads one JSON object, keeping the order of its keys and those that come twice.
func parseDocument(doc json.RawMessage) (command, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON document")
	}
	var fields command
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("not a JSON document: %w", err)
		}
		f := field{key: t.(string)}
		if err := d.Decode(&f.value); err != nil {
			return nil, fmt.Errorf("not a JSON document: %w", err)
		}
		fields = append(fields, f)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("not a JSON document: %w", err)
	}
	return fields, nil
}
