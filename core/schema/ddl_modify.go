package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
)

// Modify follows a collMod on the source; description is its event's
// operationDescription. What is relaxed while the sync runs (uniqueness, hidden
// and TTL indexes, capped sizes, a clustered collection's TTL) changes the
// originals only; all else (validator, pre- and post-images ...) is also sent on.
func (c *Catalog) Modify(ctx context.Context, source UUID, description bson.Raw) error {
	e, err := c.need(source)
	if err != nil {
		return fmt.Errorf("collMod: %w", err)
	}
	after := e
	after.Indexes = append([]Index(nil), e.Indexes...)
	passed, err := after.modify(description)
	if err != nil {
		return fmt.Errorf("collMod of %s: %w", e.NS, err)
	}
	if !sameCollection(e, after) {
		if err := c.change(ctx, source, func(now *Collection) { _, _ = now.modify(description) }); err != nil {
			return fmt.Errorf("collMod of %s: %w", e.NS, err)
		}
		point.Hit("schema.modify.recorded")
	}
	return c.collMod(ctx, e, passed)
}

// collMod sends some fields; none is fine.
func (c *Catalog) collMod(ctx context.Context, e Collection, fields bson.D) error {
	if len(fields) == 0 {
		return nil
	}
	cmd := append(bson.D{{Key: "collMod", Value: e.NS.Coll}}, fields...)
	cmd = append(cmd, bson.E{Key: "collectionUUID", Value: e.Dest.Binary()})
	if _, err := c.dest.RunMajority(ctx, e.NS.DB, cmd); err != nil {
		return fmt.Errorf("collMod of %s: %w", e.NS, err)
	}
	point.Hit("schema.coll-mod.done")
	return nil
}

// modify applies a description to the originals and answers what is to be sent on.
func (e *Collection) modify(description bson.Raw) (passed bson.D, err error) {
	elements, err := description.Elements()
	if err != nil {
		return nil, fmt.Errorf("unreadable description: %w", err)
	}
	for _, d := range elements {
		switch key, v := d.Key(), d.Value(); key {
		case "index":
			if err := e.modifyIndex(v); err != nil {
				return nil, err
			}
		case "cappedSize":
			n, _ := v.AsInt64OK()
			e.Options = with(e.Options, "size", int64Value(roundedSize(n)))
		case "cappedMax":
			e.Options = with(e.Options, "max", int64Value(maxOf(v)))
		case "expireAfterSeconds":
			e.Options = withTTL(e.Options, v)
		default:
			passed = append(passed, bson.E{Key: key, Value: v})
			e.Options = with(e.Options, key, v)
		}
	}
	return passed, nil
}

// withTTL sets a clustered collection's TTL, or takes it away ("off").
func withTTL(options bson.Raw, v bson.RawValue) bson.Raw {
	if n, ok := v.AsInt64OK(); ok {
		return with(options, "expireAfterSeconds", int64Value(n))
	}
	return without(options, "expireAfterSeconds")
}

func (e *Collection) modifyIndex(v bson.RawValue) error {
	fields, _ := v.DocumentOK()
	name := indexName(fields)
	if _, found := e.index(name); !found {
		return fmt.Errorf("the catalog has no index %q; its creation was never seen", name)
	}
	e.edit(name, func(x *Index) { x.Spec = modifiedSpec(x.Spec, fields) })
	return nil
}

// modifiedSpec is an index definition after a collMod. An event of a flag that
// the index has already changes nothing.
func modifiedSpec(spec, fields bson.Raw) bson.Raw {
	if v := fields.Lookup("expireAfterSeconds"); !v.IsZero() {
		spec = with(spec, "expireAfterSeconds", int32Value(ttlOf(v)))
	}
	if v := fields.Lookup("hidden"); !v.IsZero() {
		spec = withFlag(spec, "hidden", truthy(v))
	}
	switch form := formOf(spec); {
	case truthy(fields.Lookup("forceNonUnique")):
		return without(spec, "unique")
	case truthy(fields.Lookup("unique")):
		return without(withFlag(spec, "unique", true), "prepareUnique")
	case has(fields, "prepareUnique") && !form.unique:
		return withFlag(spec, "prepareUnique", truthy(fields.Lookup("prepareUnique")))
	}
	return spec
}

// withFlag sets a flag or removes it, and keeps the bytes when it is so already.
func withFlag(spec bson.Raw, key string, on bool) bson.Raw {
	switch {
	case truthy(spec.Lookup(key)) == on:
		return spec
	case on:
		return with(spec, key, boolean(true))
	}
	return without(spec, key)
}
