package schema

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A unique index made under feature compatibility 4.0 or older can hold keys
// without their record ids. forceNonUnique only changes the index's metadata, so
// that afterwards such keys are misread: mongod 6.0.5 aborts, later ones corrupt
// the index. What the index was made as stands in its creationString, which
// nothing rewrites: 6 and 8 are those old formats, and also those of an index that
// was made non-unique, whose keys are always whole, and became unique by collMod.
var creationFormat = regexp.MustCompile(`app_metadata=\(formatVersion=(\d+)`)

// wholeKeys are the formats under which every key holds its record id, whatever
// has been done to the index since.
var wholeKeys = map[string]bool{"11": true, "12": true, "13": true, "14": true}

// checkFormats refuses, by name, every index that is unique now and may hold old
// keys. It asks the primary only.
func (c *Catalog) checkFormats(ctx context.Context) error {
	var mu sync.Mutex
	var refused []error
	err := c.each(ctx, func(ctx context.Context, e Collection) error {
		bad, err := c.oldIndexes(ctx, e)
		if len(bad) > 0 {
			mu.Lock()
			defer mu.Unlock()
			refused = append(refused, fmt.Errorf("%s: %s", e.NS, strings.Join(bad, ", ")))
		}
		return err
	})
	if err != nil || len(refused) == 0 {
		return err
	}
	return fmt.Errorf("these unique indexes of %s hold keys in a format of MongoDB 4.0 or older, or may do so, and cannot be made non-unique without damage (drop each and create it again, or resync every member of the set): %w",
		c.dest.Name(), errors.Join(refused...))
}

// oldIndexes names the indexes of one collection that must not be touched.
func (c *Catalog) oldIndexes(ctx context.Context, e Collection) ([]string, error) {
	suspects, err := c.suspects(ctx, e)
	if err != nil || len(suspects) == 0 {
		return nil, err
	}
	ctx, cancel := long(ctx)
	defer cancel()
	reply, err := c.dest.Run(ctx, e.NS.DB, bson.D{{Key: "validate", Value: e.NS.Coll}, {Key: "background", Value: true}})
	if err != nil {
		return nil, fmt.Errorf("validate %s: %w", e.NS, err)
	}
	if !truthy(reply.Lookup("valid")) {
		return suspects, nil
	}
	var bad []string
	for _, name := range suspects {
		if complains(reply, name) {
			bad = append(bad, name)
		}
	}
	return bad, nil
}

// complains reports whether a validation warned of old keys in an index, or
// could not be finished.
func complains(reply bson.Raw, name string) bool {
	warnings, _ := reply.Lookup("warnings").ArrayOK()
	values, _ := warnings.Values()
	for _, v := range values {
		text, _ := v.StringValueOK()
		if strings.Contains(text, "index "+name+" ") || strings.Contains(text, "exception during") || strings.Contains(text, "not complete") {
			return true
		}
	}
	return false
}

// suspects are the indexes that would be sent forceNonUnique and are not known
// to be clean by their making.
func (c *Catalog) suspects(ctx context.Context, e Collection) ([]string, error) {
	var unsure []string
	for _, x := range e.Indexes {
		if !x.CleanDest && x.State != IndexAtEnd && formOf(x.Spec).unique {
			unsure = append(unsure, x.Name)
		}
	}
	if len(unsure) == 0 {
		return nil, nil
	}
	there, err := c.onDest(ctx, e)
	if err != nil {
		return nil, err
	}
	stats, err := c.dest.Run(ctx, e.NS.DB, bson.D{{Key: "collStats", Value: e.NS.Coll}})
	if err != nil {
		return nil, fmt.Errorf("read the index formats of %s: %w", e.NS, err)
	}
	var out []string
	for _, name := range unsure {
		created, _ := stats.Lookup("indexDetails", name, "creationString").StringValueOK()
		format := creationFormat.FindStringSubmatch(created)
		if formOf(there[name]).unique && (format == nil || !wholeKeys[format[1]]) {
			out = append(out, name)
		}
	}
	return out, nil
}
