package main

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// The mix of one round of a writer: single operations in one bulk, then a
// transaction of 3 updates, an insert and a delete.
const (
	updatesPerRound = 60
	insertsPerRound = 25
	deletesPerRound = 10
	opsInTxn        = 5
	opsPerRound     = updatesPerRound + insertsPerRound + deletesPerRound + opsInTxn
)

// round sends one round to one of the collections and answers how many
// operations have changed something.
func (w *writer) round(ctx context.Context) (int64, error) {
	set := &w.colls[w.rounds%len(w.colls)]
	w.rounds++
	changed, err := bulk(ctx, set.coll, w.models(set, updatesPerRound, insertsPerRound, deletesPerRound))
	if err != nil {
		return 0, err
	}
	inTxn, err := w.transaction(ctx, set)
	return changed + inTxn, err
}

func (w *writer) transaction(ctx context.Context, set *liveSet) (int64, error) {
	session, err := w.client.StartSession()
	if err != nil {
		return 0, err
	}
	defer session.EndSession(ctx)
	models := w.models(set, opsInTxn-2, 1, 1)
	changed, err := session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		return bulk(ctx, set.coll, models)
	})
	if err != nil {
		return 0, fmt.Errorf("transaction: %w", err)
	}
	return changed.(int64), nil
}

func bulk(ctx context.Context, coll *mongo.Collection, models []mongo.WriteModel) (int64, error) {
	r, err := coll.BulkWrite(ctx, models)
	if err != nil {
		return 0, err
	}
	return r.InsertedCount + r.ModifiedCount + r.DeletedCount, nil
}

// models are the operations in the order in which they are carried out.
func (w *writer) models(set *liveSet, updates, inserts, deletes int) (out []mongo.WriteModel) {
	for i := range updates {
		out = append(out, mongo.NewUpdateOneModel().SetFilter(byID(set.any(w.random))).SetUpdate(w.update(i)))
	}
	for range deletes {
		out = append(out, mongo.NewDeleteOneModel().SetFilter(byID(set.remove(w.random))))
	}
	for range inserts {
		id := set.take()
		set.ids = append(set.ids, id)
		out = append(out, mongo.NewInsertOneModel().SetDocument(liveDoc(w.random, id)))
	}
	return out
}

// update is a counter, an indexed field of an embedded document, or an array
// that grows and shrinks.
func (w *writer) update(i int) bson.D {
	tag := w.random.Int32N(20)
	switch i % 4 {
	case 0:
		return bson.D{{Key: "$inc", Value: bson.D{{Key: "count", Value: 1}}}}
	case 1:
		return bson.D{{Key: "$set", Value: bson.D{{Key: "place.group", Value: w.random.Int32N(1000)}}}}
	case 2:
		return bson.D{{Key: "$push", Value: bson.D{{Key: "tags", Value: bson.D{
			{Key: "$each", Value: bson.A{tag}}, {Key: "$slice", Value: -10}}}}}}
	}
	return bson.D{{Key: "$pull", Value: bson.D{{Key: "tags", Value: tag}}}}
}

func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }
