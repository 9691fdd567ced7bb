package main

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// definitions are the indexes of a database: by collection and name, each
// option as text. The order of options has no meaning.
type definitions map[string]map[string]string

func readIndexes(ctx context.Context, db *mongo.Database) (definitions, error) {
	names, err := db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return nil, err
	}
	all := definitions{}
	for _, coll := range names {
		specs, err := indexSpecs(ctx, db.Collection(coll))
		if err != nil {
			return nil, fmt.Errorf("list the indexes of %s.%s: %w", db.Name(), coll, err)
		}
		for _, spec := range specs {
			options := map[string]string{}
			elements, err := spec.Elements()
			if err != nil {
				return nil, err
			}
			for _, e := range elements {
				options[e.Key()] = e.Value().String()
			}
			all[coll+" "+spec.Lookup("name").StringValue()] = options
		}
	}
	return all, nil
}

func indexSpecs(ctx context.Context, coll *mongo.Collection) ([]bson.Raw, error) {
	cursor, err := coll.Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var specs []bson.Raw
	return specs, cursor.All(ctx, &specs)
}

// diffIndexes names what differs, nil if nothing does.
func diffIndexes(db string, want, have definitions) error {
	var errs []error
	for name, w := range want {
		h, ok := have[name]
		if !ok {
			errs = append(errs, fmt.Errorf("index %s.%s is missing", db, name))
		} else if fmt.Sprint(h) != fmt.Sprint(w) { // maps are printed in the order of their keys
			errs = append(errs, fmt.Errorf("index %s.%s is %v; on the source it is %v", db, name, h, w))
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			errs = append(errs, fmt.Errorf("index %s.%s is not on the source", db, name))
		}
	}
	return errors.Join(errs...)
}
