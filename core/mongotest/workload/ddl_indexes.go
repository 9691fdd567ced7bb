package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// farFuture is when documents expire, and farSeconds how long after that.
var farFuture = bson.NewDateTimeFromTime(time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC))

const farSeconds int32 = 1_000_000

// ddlIndexSpec is an index that a client may create.
type ddlIndexSpec struct {
	name string
	spec bson.D
	not  []ddlKind // of collection
}

var ddlIndexSpecs = []ddlIndexSpec{
	{name: "plain", spec: d("key", d("a", 1))},
	{name: "back", spec: d("key", d("a", -1, "birth", 1))},
	{name: "unique", spec: d("key", d("u", 1), "unique", true)},
	{name: "sparse", spec: d("key", d("nothing", 1), "sparse", true)},
	{name: "partial", spec: d("key", d("a", 1, "u", 1), "partialFilterExpression", d("a", d("$gt", 3)))},
	{name: "hashed", spec: d("key", d("u", "hashed"))},
	{name: "text", spec: d("key", d("t", "text")), not: []ddlKind{collatedKind}},
	{name: "sphere", spec: d("key", d("place", "2dsphere"))},
	{name: "wild", spec: d("key", d("$**", 1))},
	{name: "expiring", spec: d("key", d("at", 1), "expireAfterSeconds", farSeconds), not: []ddlKind{cappedKind}},
}

// createIndexes creates one or two in one command.
func (c *ddl) createIndexes() []operation {
	name := c.some()
	if name == "" {
		return nil
	}
	to := c.collections[name]
	specs, names := bson.A{}, []string{}
	for _, i := range c.random.Perm(len(ddlIndexSpecs)) {
		candidate := ddlIndexSpecs[i]
		if _, there := to.indexes[candidate.name]; there || slices.Contains(candidate.not, to.kind) {
			continue
		}
		specs = append(specs, append(candidate.spec[:len(candidate.spec):len(candidate.spec)], bson.E{Key: "name", Value: candidate.name}))
		names = append(names, candidate.name)
		if len(specs) == 1+c.random.IntN(2) {
			break
		}
	}
	if len(specs) == 0 {
		return nil
	}
	done := func() {
		for _, index := range names {
			to.indexes[index] = newIndex(index)
		}
	}
	return []operation{c.command(fmt.Sprintf("create the indexes %s of %s", strings.Join(names, ", "), name), done,
		"createIndexes", name, "indexes", specs)}
}

func newIndex(name string) ddlIndex {
	if name == "expiring" {
		return ddlIndex{isExpiration: true, expireAfter: farSeconds}
	}
	return ddlIndex{}
}

// someIndex returns a collection and an index of it, or "".
func (c *ddl) someIndex() (collection, index string) {
	collection = c.some()
	if collection == "" || len(c.collections[collection].indexes) == 0 {
		return "", ""
	}
	return collection, one(c.random, slices.Sorted(maps.Keys(c.collections[collection].indexes)))
}

func (c *ddl) dropIndex() []operation {
	name, index := c.someIndex()
	if name == "" {
		return nil
	}
	from := c.collections[name]
	return []operation{c.command(fmt.Sprintf("drop the index %s of %s", index, name),
		func() { delete(from.indexes, index) }, "dropIndexes", name, "index", index)}
}

// dropIndexes drops all of a collection.
func (c *ddl) dropIndexes() []operation {
	name, index := c.someIndex()
	if name == "" || c.random.IntN(3) > 0 {
		return nil
	}
	from := c.collections[name]
	return []operation{c.command("drop all indexes of "+name+", such as "+index,
		func() { clear(from.indexes) }, "dropIndexes", name, "index", "*")}
}

// hide hides an index, or shows a hidden one.
func (c *ddl) hide() []operation {
	name, index := c.someIndex()
	if name == "" {
		return nil
	}
	of := c.collections[name]
	changed := of.indexes[index]
	changed.hidden = !changed.hidden
	return []operation{c.command(fmt.Sprintf("index %s of %s: hidden %v", index, name, changed.hidden),
		func() { of.indexes[index] = changed }, "collMod", name, "index", d("name", index, "hidden", changed.hidden))}
}

// expire changes how long documents stay, but never so that they go.
func (c *ddl) expire() []operation {
	name, index := c.someIndex()
	if name == "" || !c.collections[name].indexes[index].isExpiration {
		return nil
	}
	of := c.collections[name]
	changed := of.indexes[index]
	changed.expireAfter = farSeconds + c.random.Int32N(1000)
	return []operation{c.command(fmt.Sprintf("index %s of %s: expire after %d seconds", index, name, changed.expireAfter),
		func() { of.indexes[index] = changed }, "collMod", name, "index", d("name", index, "expireAfterSeconds", changed.expireAfter))}
}
