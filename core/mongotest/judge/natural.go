package judge

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// compareNaturalOrder reports the first place where a capped collection, which
// holds the same documents on both sides, returns them in another order.
func (p pair) compareNaturalOrder(ctx context.Context) error {
	order := bson.D{{Key: "$natural", Value: 1}}
	a, err := p.open(ctx, p.a, order)
	if err != nil {
		return err
	}
	defer a.close(ctx)
	b, err := p.open(ctx, p.b, order)
	if err != nil {
		return err
	}
	defer b.close(ctx)
	for position := 0; a.head != nil && b.head != nil; position++ {
		if x, y := a.id(), b.id(); !sameValue(x, y) {
			p.found.add(textOf(x), "natural order: at position %d side b has %s", position, textOf(y))
			return nil
		}
		if err := errors.Join(a.next(ctx), b.next(ctx)); err != nil {
			return err
		}
	}
	return nil
}
