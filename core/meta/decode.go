package meta

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// decode reads a stored record. What cannot be read whole, or cannot have been
// written by this engine, is an error: nothing is ever filled in.
func decode(doc bson.Raw) (*lifecycle.Record, error) {
	if err := doc.Validate(); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	var stored lifecycle.Record
	if err := bson.Unmarshal(doc, &stored); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if err := stored.Validate(); err != nil {
		return nil, fmt.Errorf("is refused: %w", err)
	}
	again, err := encode(stored)
	if err == nil {
		err = sameFields("", doc, again)
	}
	if err != nil {
		return nil, fmt.Errorf("is refused: it is damaged or was written by another version: %w", err)
	}
	return &stored, nil
}

// sameFields compares what is stored with what this engine would have stored: a
// field that is missing, unknown, or of another type must not become a default.
// The order of the fields does not count.
func sameFields(path string, stored, ours bson.Raw) error {
	elems, err := ours.Elements()
	if err != nil {
		return err
	}
	for _, e := range elems {
		v, err := stored.LookupErr(e.Key())
		if err != nil {
			return fmt.Errorf("the field %s is missing", path+e.Key())
		}
		if err := sameValue(path+e.Key(), v, e.Value()); err != nil {
			return err
		}
	}
	theirs, err := stored.Elements()
	if err == nil && len(theirs) != len(elems) {
		err = fmt.Errorf("%d fields are known in %q, and it has %d", len(elems), path, len(theirs))
	}
	return err
}

func sameValue(name string, stored, ours bson.RawValue) error {
	a, ok := stored.DocumentOK()
	b, both := ours.DocumentOK()
	switch {
	case ok && both:
		return sameFields(name+".", a, b)
	case !stored.Equal(ours):
		return fmt.Errorf("the field %s holds %s", name, stored)
	}
	return nil
}
