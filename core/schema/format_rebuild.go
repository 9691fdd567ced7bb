package schema

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// A unique index is made anew in five steps, each of which can be repeated:
// a guard, which is a non-unique index on the same keys, is built and made to
// refuse new duplicates (prepareUnique); only then the index is dropped, created
// again, and the guard dropped. So no duplicate can come in between, reads keep
// an index on the keys, and the last build cannot fail for a duplicate. The
// guard's name holds the whole definition: should the process die after the
// drop, the next attempt finds in it what to create.

// guardPrefix begins the name of every guard; the rest is the definition of the
// index that it stands in for, as BSON in base64.
const guardPrefix = "revsync-guard-"

func guardName(spec bson.Raw) string {
	return guardPrefix + base64.RawURLEncoding.EncodeToString(spec)
}

// guarded answers the definition in a guard's name.
func guarded(name string) (spec bson.Raw, ok bool) {
	text, isGuard := strings.CutPrefix(name, guardPrefix)
	if !isGuard {
		return nil, false
	}
	doc, err := base64.RawURLEncoding.DecodeString(text)
	return doc, err == nil && bson.Raw(doc).Validate() == nil
}

// Rebuild is one unique index that is to be made anew.
type Rebuild struct {
	NS   mdb.Namespace
	Name string
	// Begun is true when an earlier attempt has left its guard.
	Begun bool

	on       *mdb.Cluster
	uuid     UUID
	spec     bson.Raw
	collated bool
}

// Rebuilds prepares to make anew those unique indexes of a cluster that pick
// picks by database.collection and name, and those that an earlier attempt has
// left unfinished. It changes nothing.
func Rebuilds(ctx context.Context, c *mdb.Cluster, pick func(namespace, index string) bool) ([]Rebuild, error) {
	now := &listing{}
	if err := now.read(ctx, c, nil); err != nil {
		return nil, fmt.Errorf("list the indexes of %s: %w", c.Name(), err)
	}
	var out []Rebuild
	for _, e := range now.Collections {
		begun := map[string]bool{}
		add := func(spec bson.Raw, left bool) {
			begun[indexName(spec)] = begun[indexName(spec)] || left
			out = append(out, Rebuild{NS: e.NS, Name: indexName(spec), Begun: left, on: c, uuid: e.Source, spec: spec, collated: e.collated()})
		}
		for _, x := range e.Indexes {
			if spec, ok := guarded(x.Name); ok {
				add(spec, true)
			}
		}
		for _, x := range e.Indexes {
			if formOf(x.Spec).unique && !begun[x.Name] && pick(e.NS.String(), x.Name) {
				add(x.Spec, false)
			}
		}
	}
	return out, nil
}

// The steps of Rebuild.Do, in order.
const (
	RebuildGuard  = "building the guard"
	RebuildDrop   = "dropping the index"
	RebuildCreate = "creating the index"
	RebuildClean  = "dropping the guard"
)

// Do makes the index anew; step is told what is begun. It answers when a
// majority has the index, which can take hours. After an error the same call, or
// that of a Rebuild prepared later, goes on.
func (r Rebuild) Do(ctx context.Context, step func(string)) error {
	ctx, cancel := long(ctx)
	defer cancel()
	guard := guardName(r.spec)
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{RebuildGuard, func() error { return r.buildGuard(ctx, guard) }},
		{RebuildDrop, func() error { return r.drop(ctx, r.Name) }},
		{RebuildCreate, func() error { return r.create(ctx, realIndex(r.spec, r.collated)) }},
		{RebuildClean, func() error { return r.drop(ctx, guard) }},
	} {
		step(s.name)
		if err := s.do(); err != nil {
			return fmt.Errorf("make index %s of %s anew, %s: %w", r.Name, r.NS, s.name, err)
		}
	}
	return nil
}

// buildGuard is also what proves the user's rights before anything is dropped.
func (r Rebuild) buildGuard(ctx context.Context, name string) error {
	there, err := r.exists(ctx, name)
	if err == nil && !there { // one that is prepared already would not be taken for the same
		err = r.create(ctx, r.guardSpec(name))
	}
	if mdb.HasCode(err, mdb.CodeIndexOptionsConflict) {
		return fmt.Errorf("the collection has a second index on the same keys that is not unique; drop that one first, and create it again afterwards: %w", err)
	}
	if err != nil {
		return err
	}
	_, err = r.on.RunMajority(ctx, r.NS.DB, bson.D{{Key: "collMod", Value: r.NS.Coll},
		{Key: "index", Value: bson.D{{Key: "name", Value: name}, {Key: "prepareUnique", Value: true}}},
		{Key: "collectionUUID", Value: r.uuid.Binary()}})
	return err
}

// guardSpec is the index without its uniqueness, and without what it does beside
// being an index.
func (r Rebuild) guardSpec(name string) bson.Raw {
	spec, full := bson.Raw{5, 0, 0, 0, 0}, realIndex(r.spec, r.collated)
	for _, key := range []string{"v", "key", "collation", "partialFilterExpression", "sparse"} {
		if v := full.Lookup(key); !v.IsZero() {
			spec = with(spec, key, v)
		}
	}
	return with(spec, "name", stringValue(name))
}

func (r Rebuild) exists(ctx context.Context, name string) (bool, error) {
	specs, _, err := listIndexes(ctx, r.on, r.NS.DB, r.uuid)
	return slices.ContainsFunc(specs, func(spec bson.Raw) bool { return indexName(spec) == name }), err
}

func (r Rebuild) create(ctx context.Context, spec bson.Raw) error {
	_, err := r.on.RunSlow(ctx, r.NS.DB, fmt.Sprintf("rebuild of %x", r.uuid), bson.D{
		{Key: "createIndexes", Value: r.NS.Coll}, {Key: "indexes", Value: bson.A{spec}}, {Key: "ignoreUnknownIndexOptions", Value: true},
		{Key: "commitQuorum", Value: "majority"}, {Key: "collectionUUID", Value: r.uuid.Binary()},
	})
	return err
}

// drop is idempotent.
func (r Rebuild) drop(ctx context.Context, name string) error {
	_, err := r.on.RunMajority(ctx, r.NS.DB, bson.D{{Key: "dropIndexes", Value: r.NS.Coll}, {Key: "index", Value: name},
		{Key: "collectionUUID", Value: r.uuid.Binary()}})
	if mdb.HasCode(err, mdb.CodeIndexNotFound) {
		return nil
	}
	return err
}
