package workload

import (
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// body is a new document with the current revision. The field single tells that
// no other document has this revision.
func (c *documents) body(key string) bson.D {
	list := bson.A{}
	for range 3 + c.random.IntN(5) {
		list = append(list, c.random.IntN(100))
	}
	return d("_id", key, "rev", c.rev, "single", true,
		"text", strings.Repeat("lorem ipsum ", 1+c.random.IntN(20)),
		"n", d("x", d("y", c.random.IntN(1000), "z", "deep"), "items", bson.A{d("k", 1, "v", "one"), d("k", 2, "v", "two")}),
		"list", list, "count", int32(0), "size", 1.5, "old", "to be renamed")
}

// shape is one way to change a document.
type shape struct {
	name string
	// update is an update document or a pipeline.
	update func(c *documents) any
	// filters go with an update that names array elements.
	filters []any
	// replaces makes it a replacement.
	replaces bool
}

// shapes are the ways. Each leaves a document on which all others work.
var shapes = []shape{
	{name: "$set", update: func(c *documents) any { return c.set("text", fmt.Sprint(c.random.IntN(1e6))) }},
	{name: "$set nested", update: func(c *documents) any { return c.set("n.x.y", c.random.IntN(1000), "n.new.field", c.rev) }},
	{name: "$set array element", update: func(c *documents) any { return c.set("list.1", c.random.IntN(100)) }},
	{name: "$set past the end", update: func(c *documents) any { return c.set("list.12", 1) }},
	{name: "$unset", update: func(c *documents) any { return c.with("$unset", d("n.new", "", "old", "")) }},
	{name: "$unset and $set", update: func(c *documents) any { return append(c.set("tail", c.rev), d("$unset", d("newer", ""))...) }},
	{name: "$rename", update: func(c *documents) any { return c.with("$rename", d("old", "newer")) }},
	{name: "$inc and $mul", update: func(c *documents) any { return append(c.with("$inc", d("count", 1)), d("$mul", d("size", 1.01))...) }},
	{name: "$min and $max", update: func(c *documents) any {
		return append(c.with("$min", d("low", c.random.IntN(100))), d("$max", d("high", c.random.IntN(100)))...)
	}},
	{name: "$bit and $currentDate", update: func(c *documents) any {
		return append(c.with("$bit", d("count", d("or", int32(64)))), d("$currentDate", d("at", true))...)
	}},
	{name: "$push and slice", update: func(c *documents) any {
		return c.with("$push", d("list", d("$each", bson.A{c.random.IntN(100), c.random.IntN(100)}, "$slice", -6)))
	}},
	{name: "$push in front", update: func(c *documents) any {
		return c.with("$push", d("list", d("$each", bson.A{c.random.IntN(100)}, "$position", 0, "$slice", 8)))
	}},
	{name: "$push and sort", update: func(c *documents) any {
		return c.with("$push", d("list", d("$each", bson.A{c.random.IntN(100)}, "$sort", 1, "$slice", 8)))
	}},
	{name: "$pull", update: func(c *documents) any { return c.with("$pull", d("list", d("$lt", 10))) }},
	{name: "$pop", update: func(c *documents) any { return c.with("$pop", d("list", -1)) }},
	{name: "$addToSet", update: func(c *documents) any { return c.with("$addToSet", d("list", c.random.IntN(20))) }},
	{name: "$[element]", update: func(c *documents) any { return c.set("n.items.$[e].v", fmt.Sprint(c.rev)) },
		filters: []any{d("e.k", 2)}},
	{name: "pipeline", update: func(c *documents) any {
		return bson.A{d("$set", d("rev", c.rev, "single", true, "sum", d("$sum", "$list"), "text", d("$substrCP", bson.A{"$text", 0, 10}))),
			d("$unset", "n.new")}
	}},
	{name: "pipeline that replaces", update: func(c *documents) any {
		return bson.A{d("$replaceWith", d("$mergeObjects", bson.A{d("_id", "$_id", "count", "$count"), "$$ROOT", d("rev", c.rev, "single", true)}))}
	}},
	{name: "replace", replaces: true},
}

// set sets fields beside the revision.
func (c *documents) set(fields ...any) bson.D {
	return d("$set", append(d("rev", c.rev, "single", true), d(fields...)...))
}

// with is another operator beside the new revision.
func (c *documents) with(operator string, argument bson.D) bson.D {
	return append(c.set(), bson.E{Key: operator, Value: argument})
}

func (sh shape) apply(ctx context.Context, c *documents, s side, key string) (*mongo.UpdateResult, error) {
	filter := d("_id", key)
	if sh.replaces {
		return c.collection(s).ReplaceOne(ctx, filter, c.body(key)[1:])
	}
	opts := options.UpdateOne()
	if sh.filters != nil {
		opts.SetArrayFilters(sh.filters)
	}
	return c.collection(s).UpdateOne(ctx, filter, sh.update(c), opts)
}
