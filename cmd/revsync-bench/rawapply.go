package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// maxBulk is how many changes are sent together.
const maxBulk = 1_000

func (r *rawLoops) watch(ctx context.Context) (*mongo.ChangeStream, error) {
	return r.from.Watch(ctx, mongo.Pipeline{}, options.ChangeStream().
		SetStartAtOperationTime(&r.start).SetBatchSize(maxBulk).SetMaxAwaitTime(time.Second))
}

// follow applies changes until ctx ends.
func (r *rawLoops) follow(ctx context.Context, changes *mongo.ChangeStream) error {
	return pipe(ctx, 2, func(ctx context.Context, bulks chan<- []change) (err error) {
		defer func() { err = errors.Join(err, changes.Close(context.WithoutCancel(ctx))) }()
		return read(ctx, changes, bulks)
	}, 1, r.apply)
}

// read hands changes on as soon as no more are at hand.
func read(ctx context.Context, changes *mongo.ChangeStream, bulks chan<- []change) error {
	var next []change
	for changes.Next(ctx) {
		c, err := decode(changes.Current)
		if err != nil {
			return err
		}
		next = append(next, c)
		if len(next) >= maxBulk || changes.RemainingBatchLength() == 0 {
			if err := hand(ctx, bulks, next); err != nil {
				return err
			}
			next = nil
		}
	}
	return errors.Join(errEnded, changes.Err())
}

// apply sends changes in unordered bulks, which must not change a document
// twice.
func (r *rawLoops) apply(ctx context.Context, changes []change) error {
	models, seen := map[namespace][]mongo.WriteModel{}, map[string]bool{}
	for _, c := range changes {
		key := c.ns.db + "." + c.ns.coll + "\x00" + string(c.key)
		if seen[key] {
			if err := r.send(ctx, models); err != nil {
				return err
			}
			clear(models)
			clear(seen)
		}
		seen[key] = true
		models[c.ns] = append(models[c.ns], c.model)
	}
	if err := r.send(ctx, models); err != nil {
		return err
	}
	last := changes[len(changes)-1].at
	r.reached.Store(uint64(last.T)<<32 | uint64(last.I))
	return nil
}

var loose = options.Collection().SetWriteConcern(writeconcern.W1())

func (r *rawLoops) send(ctx context.Context, models map[namespace][]mongo.WriteModel) error {
	for ns, list := range models {
		coll := r.to.Database(ns.db).Collection(ns.coll, loose)
		if _, err := coll.BulkWrite(ctx, list, options.BulkWrite().SetOrdered(false)); err != nil {
			return fmt.Errorf("write to %s.%s: %w", ns.db, ns.coll, err)
		}
	}
	return nil
}

// change is one change event, ready to be sent.
type change struct {
	ns    namespace
	key   bson.Raw
	at    bson.Timestamp
	model mongo.WriteModel
}

// event is the part of a change event that matters here.
type event struct {
	Op  string         `bson:"operationType"`
	At  bson.Timestamp `bson:"clusterTime"`
	NS  struct{ DB, Coll string }
	Key bson.Raw `bson:"documentKey"`
	Doc bson.Raw `bson:"fullDocument"`
	Upd struct {
		Set       bson.Raw `bson:"updatedFields"`
		Unset     []string `bson:"removedFields"`
		Truncated []any    `bson:"truncatedArrays"`
	} `bson:"updateDescription"`
}

// decode turns an event into a write. What the writers never cause is refused.
func decode(raw bson.Raw) (change, error) {
	var e event
	if err := bson.Unmarshal(raw, &e); err != nil {
		return change{}, err
	}
	c := change{ns: namespace{e.NS.DB, e.NS.Coll}, key: e.Key, at: e.At}
	switch {
	case e.Op == "insert":
		c.model = mongo.NewInsertOneModel().SetDocument(e.Doc)
	case e.Op == "delete":
		c.model = mongo.NewDeleteOneModel().SetFilter(e.Key)
	case e.Op == "replace":
		c.model = mongo.NewReplaceOneModel().SetFilter(e.Key).SetReplacement(e.Doc)
	case e.Op == "update" && len(e.Upd.Unset)+len(e.Upd.Truncated) == 0:
		c.model = mongo.NewUpdateOneModel().SetFilter(e.Key).SetUpdate(bson.D{{Key: "$set", Value: e.Upd.Set}})
	default:
		return c, fmt.Errorf("the raw loop cannot apply %s", raw)
	}
	return c, nil
}
