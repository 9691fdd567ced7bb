package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

// namespace is a collection of a database.
type namespace struct{ db, coll string }

// job is a collection to copy, with its indexes other than that of _id.
type job struct {
	namespace
	indexes []bson.Raw
}

// copyAll copies as many collections at once as keep the processors busy: each
// has one cursor and two connections that insert, and an index build uses one
// processor. The indexes of a collection are built while others are copied.
func (r *rawLoops) copyAll(ctx context.Context) error {
	jobs, err := r.jobs(ctx)
	if err != nil {
		return err
	}
	atOnce := max(1, runtime.NumCPU()/2)
	group, inner := errgroup.WithContext(ctx)
	copies, builds := make(chan struct{}, atOnce), make(chan struct{}, atOnce)
	for _, j := range jobs {
		if err := hand(inner, copies, struct{}{}); err != nil {
			return errors.Join(group.Wait(), err)
		}
		group.Go(func() error {
			err := r.copyOne(inner, j.namespace)
			<-copies
			if err != nil {
				return err
			}
			return r.index(inner, j, builds)
		})
	}
	return group.Wait()
}

// jobs lists what is to be copied; the largest collections come first.
func (r *rawLoops) jobs(ctx context.Context) (all []job, err error) {
	sizes := map[namespace]int64{}
	for _, name := range []string{dataDB, liveDB} {
		db := r.from.Database(name)
		colls, err := db.ListCollectionNames(ctx, bson.D{})
		if err != nil {
			return nil, err
		}
		for _, coll := range colls {
			j := job{namespace: namespace{name, coll}}
			if j.indexes, err = secondary(ctx, db.Collection(coll)); err != nil {
				return nil, err
			}
			stats, err := db.RunCommand(ctx, bson.D{{Key: "collStats", Value: coll}}).Raw()
			if err != nil {
				return nil, err
			}
			sizes[j.namespace], _ = stats.Lookup("size").AsInt64OK()
			all = append(all, j)
		}
	}
	slices.SortFunc(all, func(a, b job) int { return cmp.Compare(sizes[b.namespace], sizes[a.namespace]) })
	return all, nil
}

// secondary lists the indexes other than that of _id.
func secondary(ctx context.Context, coll *mongo.Collection) ([]bson.Raw, error) {
	specs, err := indexSpecs(ctx, coll)
	return slices.DeleteFunc(specs, func(spec bson.Raw) bool {
		return spec.Lookup("name").StringValue() == "_id_"
	}), err
}

func (r *rawLoops) copyOne(ctx context.Context, ns namespace) error {
	target := r.to.Database(ns.db).Collection(ns.coll)
	err := pipe(ctx, 2, func(ctx context.Context, batches chan<- batch) error {
		return r.scan(ctx, ns, batches)
	}, 2, func(ctx context.Context, b batch) error {
		return b.insert(ctx, target)
	})
	if err != nil {
		return fmt.Errorf("%s.%s: %w", ns.db, ns.coll, err)
	}
	return nil
}

// scan reads a collection in the order in which it is stored.
func (r *rawLoops) scan(ctx context.Context, ns namespace, batches chan<- batch) (err error) {
	cursor, err := r.from.Database(ns.db).RunCommandCursor(ctx, bson.D{
		{Key: "find", Value: ns.coll}, {Key: "hint", Value: bson.D{{Key: "$natural", Value: 1}}}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cursor.Close(ctx)) }()
	var b batch
	for cursor.Next(ctx) {
		if b.full(len(cursor.Current)) {
			if err := hand(ctx, batches, b); err != nil {
				return err
			}
			b = batch{}
		}
		b.add(cursor.Current)
	}
	if err := cursor.Err(); err != nil {
		return err
	}
	return hand(ctx, batches, b)
}

func (r *rawLoops) index(ctx context.Context, j job, builds chan struct{}) error {
	if len(j.indexes) == 0 {
		return nil
	}
	if err := hand(ctx, builds, struct{}{}); err != nil {
		return err
	}
	defer func() { <-builds }()
	cmd := bson.D{{Key: "createIndexes", Value: j.coll}, {Key: "indexes", Value: j.indexes}}
	if err := r.to.Database(j.db).RunCommand(ctx, cmd).Err(); err != nil {
		return fmt.Errorf("index %s.%s: %w", j.db, j.coll, err)
	}
	return nil
}
