package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	liveDB       = "live"
	markColl     = "marks" // one document for each end of the writers
	liveDocBytes = 280
)

// liveColls are written to by the writers, in turn.
var liveColls = [...]string{"orders", "items"}

var liveIndexes = []mongo.IndexModel{
	{Keys: bson.D{{Key: "code", Value: 1}}, Options: options.Index().SetUnique(true)},
	{Keys: bson.D{{Key: "place.group", Value: 1}}},
}

// resetLive gives the live collections the same content before each turn.
func (p plan) resetLive(ctx context.Context, source *mongo.Client) error {
	db := source.Database(liveDB)
	if err := db.Drop(ctx); err != nil {
		return fmt.Errorf("drop the live data of the last turn: %w", err)
	}
	if _, err := db.Collection(markColl).InsertOne(ctx, bson.D{{Key: "_id", Value: "begin"}}); err != nil {
		return fmt.Errorf("fill the live data: %w", err)
	}
	for _, name := range liveColls {
		if err := p.fillLive(ctx, db.Collection(name)); err != nil {
			return fmt.Errorf("fill the live data: %w", err)
		}
	}
	return flush(ctx, source)
}

func (p plan) fillLive(ctx context.Context, coll *mongo.Collection) error {
	random := rand.New(rand.NewPCG(3, 4))
	var b batch
	for id := range int64(p.live / len(liveColls)) {
		doc, err := bson.Marshal(liveDoc(random, id))
		if err != nil {
			return err
		}
		if b.full(len(doc)) {
			if err := b.insert(ctx, coll); err != nil {
				return err
			}
		}
		b.add(doc)
	}
	if err := b.insert(ctx, coll); err != nil {
		return err
	}
	_, err := coll.Indexes().CreateMany(ctx, liveIndexes)
	return err
}

// liveDoc has all fields that the writers' updates touch, so that no update
// adds one.
func liveDoc(random *rand.Rand, id int64) bson.D {
	return bson.D{
		{Key: "_id", Value: id},
		{Key: "code", Value: hex(scatter(uint64(id) + 7))},
		{Key: "count", Value: int64(0)},
		{Key: "place", Value: bson.D{{Key: "group", Value: random.Int32N(1000)}, {Key: "name", Value: prose(random, 20)}}},
		{Key: "tags", Value: bson.A{random.Int32N(20), random.Int32N(20), random.Int32N(20)}},
		{Key: "text", Value: prose(random, 120)},
	}
}
