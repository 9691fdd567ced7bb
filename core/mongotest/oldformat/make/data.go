package main

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest/oldformat"
)

func plain(n int) bson.D { return bson.D{{Key: "a", Value: n}, {Key: "b", Value: n}} }

// kind is one collection whose index is made under feature compatibility 4.0.
type kind struct {
	collection string
	key        bson.D
	options    bson.D
	document   func(n int) bson.D // nil: no documents under 4.0
}

var byA = bson.D{{Key: "a", Value: 1}}

var kinds = []kind{
	{"single", byA, nil, plain},
	{"two", byA, nil, plain},
	{"mixed", byA, nil, plain},
	{"rekeyed", byA, nil, plain},
	{"rebuilt_at_42", byA, nil, plain},
	{"empty_at_40", byA, nil, nil},
	{"v1", byA, bson.D{{Key: "v", Value: 1}}, plain},
	{"compound", bson.D{{Key: "a", Value: 1}, {Key: "b", Value: -1}}, nil,
		func(n int) bson.D { return bson.D{{Key: "a", Value: n % 7}, {Key: "b", Value: n}} }},
	{"sparse", byA, bson.D{{Key: "sparse", Value: true}},
		func(n int) bson.D {
			if n%2 == 0 {
				return bson.D{{Key: "x", Value: n}}
			}
			return plain(n)
		}},
	{"partial", byA, bson.D{{Key: "partialFilterExpression", Value: bson.D{{Key: "live", Value: true}}}},
		func(n int) bson.D { return append(plain(n), bson.E{Key: "live", Value: n%2 == 0}) }},
	{"collation", byA, bson.D{{Key: "collation", Value: bson.D{{Key: "locale", Value: "en"}, {Key: "strength", Value: 2}}}},
		func(n int) bson.D { return bson.D{{Key: "a", Value: fmt.Sprintf("Köln %d", n)}} }},
	{"multikey", byA, nil,
		func(n int) bson.D {
			return bson.D{{Key: "a", Value: bson.A{fmt.Sprintf("l%d", n), fmt.Sprintf("r%d", n)}}}
		}},
}

func (s server) fillAt40(ctx context.Context) error {
	for _, k := range kinds {
		if err := s.create(ctx, k.collection, "u", k.key, k.options...); err != nil {
			return err
		}
		if k.document == nil {
			continue
		}
		if err := s.insert(ctx, k.collection, 0, k.document); err != nil {
			return err
		}
	}
	return nil
}

func (s server) fillAt42(ctx context.Context) error {
	for _, coll := range []string{"mixed", "empty_at_40"} {
		if err := s.insert(ctx, coll, 1000, plain); err != nil {
			return err
		}
	}
	for _, by := range []int{1000000, -1000000} { // not one at a time: keys must not meet
		if _, err := s.run(ctx, oldformat.DB, bson.D{{Key: "update", Value: "rekeyed"}, {Key: "updates", Value: bson.A{bson.D{
			{Key: "q", Value: bson.D{}}, {Key: "u", Value: bson.D{{Key: "$inc", Value: bson.D{{Key: "a", Value: by}}}}},
			{Key: "multi", Value: true}}}}, majority}); err != nil {
			return err
		}
	}
	if _, err := s.run(ctx, oldformat.DB, bson.D{{Key: "dropIndexes", Value: "rebuilt_at_42"}, {Key: "index", Value: "u"}, majority}); err != nil {
		return err
	}
	if err := s.create(ctx, "rebuilt_at_42", "u", byA); err != nil {
		return err
	}
	if err := s.create(ctx, "two", "w", bson.D{{Key: "b", Value: 1}}); err != nil {
		return err
	}
	if err := s.create(ctx, "new_at_42", "u", byA); err != nil {
		return err
	}
	return s.insert(ctx, "new_at_42", 0, plain)
}
