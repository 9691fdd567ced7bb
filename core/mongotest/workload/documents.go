package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// documentSlots is how many documents a client works on at a time.
const documentSlots = 40

// documents is a client that owns the documents of one collection. Each write
// sets the field rev to a number that was never used before.
type documents struct {
	identity
	docs pool[*document]
	rev  int64
}

// document is one key. Its revision is 0 when it is not there.
type document struct {
	key string
	rev cell[int64]
}

func newDocument(number int) *document { return &document{key: fmt.Sprintf("key-%04d", number)} }

func (doc *document) leftAlone() bool { return doc.rev.retired() }

func newDocuments(id identity) client { return &documents{identity: id} }

func (c *documents) name() string { return fmt.Sprintf("documents_%d", c.number) }

func (c *documents) collection(s side) *mongo.Collection {
	return s.in(c.database).Collection(c.name())
}

// prepare makes every second collection a clustered one.
func (c *documents) prepare(ctx context.Context, s side) error {
	create := []any{"create", c.name()}
	if c.number%2 == 1 {
		create = append(create, "clusteredIndex", d("key", d("_id", 1), "unique", true))
	}
	if err := s.define(ctx, c.database, create...); err != nil {
		return err
	}
	return s.define(ctx, c.database, "createIndexes", c.name(), "indexes", bson.A{
		d("key", d("rev", 1), "name", "rev", "unique", true, "partialFilterExpression", d("single", true)),
		d("key", d("list", 1), "name", "list"),
		d("key", d("n.x.y", -1, "text", 1), "name", "nested"),
	})
}

func (c *documents) step(ctx context.Context, s side) answer {
	c.docs.refill(documentSlots, newDocument)
	c.rev++
	switch c.random.IntN(12) {
	case 0:
		return c.insertMany(ctx, s)
	case 1:
		return c.updateMany(ctx, s)
	case 2:
		return c.deleteMany(ctx, s)
	}
	doc := one(c.random, c.docs.active)
	if doc.rev.last == 0 {
		return c.bear(ctx, s, doc)
	}
	if c.random.IntN(6) == 0 {
		return c.delete(ctx, s, doc)
	}
	return c.change(ctx, s, doc)
}

// bear brings a document to life, by an insert or an upsert.
func (c *documents) bear(ctx context.Context, s side, doc *document) answer {
	var got answer
	if c.random.IntN(3) == 0 {
		fields := c.body(doc.key)
		res, err := c.collection(s).UpdateOne(ctx, fields[:1], d("$setOnInsert", fields[1:]), options.UpdateOne().SetUpsert(true))
		var upserted int64
		if res != nil {
			upserted = res.UpsertedCount
		}
		got = counted("upsert "+doc.key, err, upserted, 1)
	} else {
		_, err := c.collection(s).InsertOne(ctx, c.body(doc.key))
		got = answered("insert "+doc.key, err)
	}
	doc.rev.record(got.outcome, c.rev)
	return got
}

func (c *documents) delete(ctx context.Context, s side, doc *document) answer {
	res, err := c.collection(s).DeleteOne(ctx, d("_id", doc.key))
	got := counted("delete "+doc.key, err, deleted(res), 1)
	doc.rev.record(got.outcome, 0)
	return got
}

func deleted(res *mongo.DeleteResult) int64 {
	if res == nil {
		return 0
	}
	return res.DeletedCount
}

// change updates or replaces a document.
func (c *documents) change(ctx context.Context, s side, doc *document) answer {
	shape := one(c.random, shapes)
	res, err := shape.apply(ctx, c, s, doc.key)
	got := counted(shape.name+" "+doc.key, err, matched(res), 1)
	doc.rev.record(got.outcome, c.rev)
	return got
}

func (c *documents) check(ctx context.Context, s side) error {
	found, err := read[struct {
		ID  string `bson:"_id"`
		Rev int64
	}](ctx, c.collection(s), d())
	if err != nil {
		return err
	}
	revs := map[string]int64{}
	for _, doc := range found {
		revs[doc.ID] = doc.Rev
	}
	var wrong wrongs
	for _, doc := range c.docs.all() {
		wrong.add(doc.rev.check("the revision of "+doc.key+" (0: not there)", revs[doc.key]))
		delete(revs, doc.key)
	}
	for key := range revs {
		wrong.addf("document %s was never made", key)
	}
	return wrong.err()
}
