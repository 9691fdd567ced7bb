package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Databases of the data set of Load.
const (
	shopDatabase   = "shop"
	shapesDatabase = "shapes"
)

// Load writes a data set of about 4 MB into the empty databases shop and shapes:
// every kind of index, values of every type that an _id can have, all kinds of collections (capped,
// clustered, with a collation, with a validator, with pre- and post-images, empty,
// with an unusual name), documents that expire in 2100, and views on them. The
// client's user must be allowed to change collections (mongotest's DDL is). The
// same seed gives the same data.
func Load(ctx context.Context, client *mongo.Client, seed uint64) error {
	l := loader{side: side{app: client, ddl: client}, random: rand.New(rand.NewPCG(seed, 0))}
	for _, part := range []struct {
		name string
		load func(context.Context) error
	}{
		{"orders", l.orders}, {"places", l.places}, {"kinds of collections", l.kinds},
		{"types of _id", l.ids}, {"types of values", l.values}, {"views", l.views},
	} {
		if err := part.load(ctx); err != nil {
			return fmt.Errorf("load %s: %w", part.name, err)
		}
	}
	return nil
}

type loader struct {
	side
	random *rand.Rand
}

// insert writes documents that a function makes.
func (l loader) insert(ctx context.Context, database, collection string, count int, doc func(i int) bson.D) error {
	const batch = 500
	for begin := 0; begin < count; begin += batch {
		docs := []any{}
		for i := begin; i < min(begin+batch, count); i++ {
			docs = append(docs, doc(i))
		}
		if _, err := l.in(database).Collection(collection).InsertMany(ctx, docs); err != nil {
			return err
		}
	}
	return nil
}

// index is a specification for createIndexes.
func index(name string, key bson.D, more ...any) bson.D {
	return append(d("name", name, "key", key), d(more...)...)
}

// orders have an index of every kind that does not need places.
func (l loader) orders(ctx context.Context) error {
	err := l.define(ctx, shopDatabase, "createIndexes", "orders", "indexes", bson.A{
		index("number", d("number", 1), "unique", true),
		index("customer_day", d("customer", 1, "day", -1)),
		index("items", d("items.product", 1)),
		index("coupon", d("coupon", 1), "sparse", true),
		index("coupon_once", d("coupon", 1, "customer", 1, "number", 1), "unique", true, "sparse", true),
		index("open", d("day", 1), "partialFilterExpression", d("state", "open")),
		index("token", d("token", 1), "unique", true, "partialFilterExpression", d("token", d("$type", "string"))),
		index("expiry", d("expires", 1), "expireAfterSeconds", 3600),
		index("hidden", d("state", 1), "hidden", true),
		index("hashed", d("customer", "hashed")),
		index("words", d("note", "text"), "default_language", "english", "weights", d("note", 3)),
		index("anything", d("extra.$**", 1)),
		index("everything", d("$**", 1), "wildcardProjection", d("note", 1, "state", 1)),
		index("french", d("note", 1), "collation", d("locale", "fr")),
		index("unique_nocase", d("code", 1), "unique", true, "collation", d("locale", "en", "strength", 2)),
	})
	if err != nil {
		return err
	}
	return l.insert(ctx, shopDatabase, "orders", 4000, l.order)
}

func (l loader) order(i int) bson.D {
	items := bson.A{}
	for range l.random.IntN(4) {
		items = append(items, d("product", fmt.Sprint("product ", l.random.IntN(50)), "count", l.random.IntN(9), "price", l.random.Float64()*100))
	}
	doc := d("_id", bson.ObjectID{byte(i >> 16), byte(i >> 8), byte(i)}, "number", i, "customer", l.random.IntN(300),
		"day", bson.DateTime(1_600_000_000_000+int64(i)*60_000), "state", one(l.random, []string{"open", "sent", "paid"}),
		"items", items, "code", fmt.Sprint("Code-", i), "note", strings.Repeat("rush order, to be sent soon ", 1+l.random.IntN(10)),
		"expires", farFuture, "extra", d("a", l.random.IntN(9), "b", d("c", "deep")))
	if i%3 == 0 {
		doc = append(doc, bson.E{Key: "coupon", Value: fmt.Sprint("coupon ", i)})
	}
	if i%5 == 0 {
		doc = append(doc, bson.E{Key: "token", Value: fmt.Sprint("token ", i)})
	}
	return doc
}

func (l loader) places(ctx context.Context) error {
	err := l.define(ctx, shopDatabase, "createIndexes", "places", "indexes", bson.A{
		index("sphere", d("at", "2dsphere")),
		index("sphere_v2", d("at", "2dsphere", "name", 1), "2dsphereIndexVersion", 2),
		index("flat", d("flat", "2d"), "bits", 20, "min", -200.0, "max", 200.0),
	})
	if err != nil {
		return err
	}
	return l.insert(ctx, shopDatabase, "places", 300, func(i int) bson.D {
		x, y := l.random.Float64()*360-180, l.random.Float64()*160-80
		return d("_id", i, "name", fmt.Sprint("place ", i), "at", d("type", "Point", "coordinates", bson.A{x, y}), "flat", bson.A{x, y})
	})
}

func (l loader) views(ctx context.Context) error {
	for _, view := range [][]any{
		{"create", "open_orders", "viewOn", "orders", "pipeline", bson.A{d("$match", d("state", "open"))}},
		{"create", "open_customers", "viewOn", "open_orders", "pipeline", bson.A{d("$group", d("_id", "$customer", "orders", d("$sum", 1)))}},
		{"create", "sorted_places", "viewOn", "places", "pipeline", bson.A{d("$sort", d("name", 1))}, "collation", d("locale", "en", "numericOrdering", true)},
		{"create", "view_on_nothing", "viewOn", "missing", "pipeline", bson.A{}},
	} {
		if err := l.define(ctx, shopDatabase, view...); err != nil {
			return err
		}
	}
	return nil
}
