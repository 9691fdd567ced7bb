package plugins

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// schema is the part of JSON Schema that a component's configuration can be described in. A keyword that is not
// here is an error: passing it over would let through what the author meant to refuse.
type schema struct {
	Type                 string             `json:"type"`
	Description          string             `json:"description"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties *bool              `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	Enum                 []any              `json:"enum"`
}

// checkConfig reports how a configuration does not match the schema. Without a schema only no configuration matches.
func checkConfig(schemaDoc, config json.RawMessage) error {
	none := len(config) == 0 || string(config) == "null"
	if len(schemaDoc) == 0 || string(schemaDoc) == "null" {
		if none {
			return nil
		}
		return fmt.Errorf("the component takes no configuration")
	}
	s, err := parseSchema(schemaDoc)
	if err != nil {
		return fmt.Errorf("the module's schema: %w", err)
	}
	if none {
		config = json.RawMessage(`{}`)
	}
	var v any
	if err := json.Unmarshal(config, &v); err != nil {
		return err
	}
	return s.check("config", v)
}

func parseSchema(doc json.RawMessage) (*schema, error) {
	var s schema
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *schema) check(at string, v any) error {
	if s == nil {
		return nil
	}
	if s.Type != "" && !isType(s.Type, v) {
		return fmt.Errorf("%s is not of type %s", at, s.Type)
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e any) bool { return sameJSON(e, v) }) {
		return fmt.Errorf("%s is none of the allowed values", at)
	}
	switch v := v.(type) {
	case map[string]any:
		return s.checkObject(at, v)
	case []any:
		for i, item := range v {
			if err := s.Items.check(fmt.Sprintf("%s[%d]", at, i), item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *schema) checkObject(at string, v map[string]any) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s.%s is missing", at, name)
		}
	}
	for name, value := range v {
		property, ok := s.Properties[name]
		if !ok && s.AdditionalProperties != nil && !*s.AdditionalProperties {
			return fmt.Errorf("%s.%s is not known", at, name)
		}
		if err := property.check(at+"."+name, value); err != nil {
			return err
		}
	}
	return nil
}

func isType(name string, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return name == "object"
	case []any:
		return name == "array"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || (name == "integer" && v == float64(int64(v)))
	}
	return name == "null"
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
