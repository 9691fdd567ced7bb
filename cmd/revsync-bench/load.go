package main

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

// loaders is how many connections fill the source.
const loaders = 4

// load fills the source with the data set, builds its indexes, and has the
// server write everything to disk, so that no turn pays for it.
func (p plan) load(ctx context.Context, source *mongo.Client) error {
	db := source.Database(dataDB)
	for _, s := range p.shapes() {
		if err := s.load(ctx, db.Collection(s.coll)); err != nil {
			return err
		}
	}
	return flush(ctx, source)
}

func (s shape) load(ctx context.Context, coll *mongo.Collection) error {
	group, inner := errgroup.WithContext(ctx)
	for w := range loaders {
		from, to := uint64(s.docs*w/loaders), uint64(s.docs*(w+1)/loaders)
		group.Go(func() error { return s.insert(inner, coll, from, to) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if len(s.indexes) == 0 {
		return nil
	}
	if _, err := coll.Indexes().CreateMany(ctx, s.indexes); err != nil {
		return fmt.Errorf("index %s: %w", s.coll, err)
	}
	return nil
}

// insert sends the documents with the numbers from ... to-1.
func (s shape) insert(ctx context.Context, coll *mongo.Collection, from, to uint64) error {
	var b batch
	var doc []byte
	for i := from; i < to; i++ {
		doc = s.document(doc[:0], i)
		if b.full(len(doc)) {
			if err := b.insert(ctx, coll); err != nil {
				return err
			}
		}
		b.add(doc)
	}
	return b.insert(ctx, coll)
}

// flush makes the server write a checkpoint.
func flush(ctx context.Context, client *mongo.Client) error {
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "fsync", Value: 1}}).Err(); err != nil {
		return fmt.Errorf("flush the source: %w", err)
	}
	return nil
}
