package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBodyBytes bounds a request body; the largest sensible one is a namespace
// filter of some thousand names.
const maxBodyBytes = 1 << 20

// object decodes a JSON object strictly: field names by their exact letters, none
// unknown, none twice, none null, nothing after the closing brace. encoding/json
// alone lets all of these pass except the first kind.
type object map[string]func(json.RawMessage) error

func (o object) decode(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	if open, err := dec.Token(); err != nil {
		return syntaxError(err)
	} else if open != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		if err := o.field(dec, seen); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return syntaxError(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("there is something after the end of the JSON object")
	}
	return nil
}

func (o object) field(dec *json.Decoder, seen map[string]bool) error {
	key, err := dec.Token()
	if err != nil {
		return syntaxError(err)
	}
	name := key.(string) // the decoder accepts nothing else as a key
	var value json.RawMessage
	if err := dec.Decode(&value); err != nil {
		return syntaxError(err)
	}
	set, known := o[name]
	switch {
	case !known:
		return fmt.Errorf("field %q is not known; %s", name, o.known())
	case seen[name]:
		return fmt.Errorf("field %q is there twice", name)
	case string(value) == "null":
		return fmt.Errorf("field %q is null; leave it out instead", name)
	}
	seen[name] = true
	if err := set(value); err != nil {
		return fmt.Errorf("field %q: %w", name, err)
	}
	return nil
}

func (o object) known() string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	if len(names) == 0 {
		return "this object takes none"
	}
	slices.Sort(names)
	return "known are " + strings.Join(names, ", ")
}

func syntaxError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON ends too early")
	}
	return fmt.Errorf("not JSON: %w", err)
}

// set stores a plain value (string, bool) of exactly the right type.
func set[T any](dst *T) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		if err := json.Unmarshal(raw, dst); err != nil {
			return fmt.Errorf("want a %T, got %s", *dst, kindOf(raw))
		}
		return nil
	}
}

// list decodes an array whose elements none is null; each gets a fresh T.
func list[T any](dst *[]T, element func(json.RawMessage, *T) error) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return fmt.Errorf("want an array, got %s", kindOf(raw))
		}
		if len(items) == 0 {
			return errors.New("an empty array; leave the field out instead")
		}
		*dst = make([]T, len(items))
		for i, item := range items {
			if err := element(item, &(*dst)[i]); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	}
}

// name is a list element that is a string with something in it.
func name(raw json.RawMessage, dst *string) error {
	if raw[0] != '"' {
		return fmt.Errorf("want a string, got %s", kindOf(raw))
	}
	if err := json.Unmarshal(raw, dst); err != nil {
		return err
	}
	if *dst == "" {
		return errors.New("an empty string")
	}
	return nil
}

func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// readBody reads a request body whole, whatever its Content-Type: curl --data
// calls JSON a form. The bytes are valid UTF-8 and not only white space.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, refuse(tooLarge, "the request body is larger than %d bytes", maxBodyBytes)
	}
	switch {
	case err != nil:
		return nil, invalid("the request body cannot be read: %w", err)
	case len(bytes.TrimSpace(body)) == 0:
		return nil, invalid("the request body is empty: send a JSON object, { } if there is nothing to say")
	case !utf8.Valid(body):
		return nil, invalid("the request body is not UTF-8")
	}
	return body, nil
}
