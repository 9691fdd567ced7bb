package workload

import (
	"context"
	"fmt"
	"math/rand/v2"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// client is one user of a cluster. It does one operation at a time and knows what
// must be there afterwards.
type client interface {
	// prepare makes what the client needs. It may find that another client of its
	// kind has made it.
	prepare(ctx context.Context, s side) error
	// step does one operation and takes its answer in.
	step(ctx context.Context, s side) answer
	// check compares a side with what is known. It never runs beside step.
	check(ctx context.Context, s side) error
}

// identity tells one client from the others.
type identity struct {
	number   int // within its kind
	database string
	random   *rand.Rand
	killed   bool // Options.ServersAreKilled
}

// one returns a random element.
func one[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }

// side is a cluster as the two users see it.
type side struct {
	app, ddl *mongo.Client
	number   int // of the Switch that named it
}

// in is a database for reading and writing documents.
func (s side) in(database string) *mongo.Database { return majority(s.app, database) }

// define runs a command that changes the catalog.
func (s side) define(ctx context.Context, database string, command ...any) error {
	doc := append(d(command...), bson.E{Key: "writeConcern", Value: d("w", "majority")})
	return s.ddl.Database(database).RunCommand(ctx, doc).Err()
}

func majority(c *mongo.Client, database string) *mongo.Database {
	return c.Database(database, options.Database().SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()))
}

// d makes a document of keys and values.
func d(pairs ...any) bson.D {
	doc := make(bson.D, 0, len(pairs)/2+1)
	for i := 0; i < len(pairs); i += 2 {
		doc = append(doc, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return doc
}

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// read returns all documents that a filter finds, in the order of _id.
func read[T any](ctx context.Context, c *mongo.Collection, filter bson.D) ([]T, error) {
	cursor, err := c.Find(ctx, filter, options.Find().SetSort(d("_id", 1)))
	if err != nil {
		return nil, err
	}
	var list []T
	return list, cursor.All(ctx, &list)
}
