package judge

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"golang.org/x/sync/errgroup"
)

// parallelCollections are compared at once. Each holds a batch of documents of
// either side, 16 MB at most.
const parallelCollections = 2

// Compare reads both clusters completely and reports in what they differ:
// databases, collections, views, their options, index definitions, and documents
// byte for byte, the order of fields included. Documents of capped collections
// must also come in the same natural order.
//
// Not compared are the databases admin, config, local and revsync_internal; the
// collections system.views (views are compared by what they are) and
// system.profile; the UUIDs of collections; the order of options and of indexes;
// and the number types of options, which the server itself changes.
//
// An error means that there is no verdict.
func Compare(ctx context.Context, a, b *mongo.Client) (Differences, error) {
	left, err := catalogOf(ctx, a)
	if err != nil {
		return Differences{}, fmt.Errorf("side a: %w", err)
	}
	right, err := catalogOf(ctx, b)
	if err != nil {
		return Differences{}, fmt.Errorf("side b: %w", err)
	}
	all := maps.Clone(left)
	maps.Copy(all, right)
	names := slices.SortedFunc(maps.Keys(all), namespace.compare)
	findings := make([]*finding, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelCollections)
	for i, ns := range names {
		findings[i] = &finding{namespace: ns.String()}
		group.Go(func() error {
			p := pair{a: a, b: b, ns: ns, found: findings[i]}
			if err := p.compare(ctx, left[ns], right[ns]); err != nil {
				return fmt.Errorf("compare %s: %w", ns, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Differences{}, err
	}
	return gather(findings), nil
}

// pair is one namespace on both sides.
type pair struct {
	a, b  *mongo.Client
	ns    namespace
	found *finding
}

func (p pair) compare(ctx context.Context, a, b *entry) error {
	switch {
	case a == nil:
		p.found.add("", "the %s is on side b only", b.kind)
		return nil
	case b == nil:
		p.found.add("", "the %s is on side a only", a.kind)
		return nil
	}
	compareEntries(p.found, a, b)
	if a.kind != kindCollection || b.kind != kindCollection {
		return nil
	}
	before := len(p.found.list)
	if err := p.compareDocuments(ctx); err != nil {
		return err
	}
	if capped := a.capped() && b.capped(); !capped || len(p.found.list) > before {
		return nil // other documents have another order too
	}
	return p.compareNaturalOrder(ctx)
}

// collection is set to see what a majority has, whatever the client is set to.
func (p pair) collection(side *mongo.Client) *mongo.Collection {
	return side.Database(p.ns.database).Collection(p.ns.name, options.Collection().
		SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.Primary()))
}

// open starts reading a side in an order, and is at the first document.
func (p pair) open(ctx context.Context, side *mongo.Client, order bson.D) (*stream, error) {
	cursor, err := p.collection(side).Find(ctx, bson.D{}, options.Find().SetSort(order))
	if err != nil {
		return nil, err
	}
	s := &stream{cursor: cursor}
	if err := s.next(ctx); err != nil {
		s.close(ctx)
		return nil, err
	}
	return s, nil
}
