package judge

import (
	"bytes"
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// step says on which side to go on.
type step struct{ a, b bool }

// compareDocuments reads both sides in the order of _id, which is the server's
// own (types, numbers of different types, collations), and matches documents as a merge does.
func (p pair) compareDocuments(ctx context.Context) error {
	order := bson.D{{Key: "_id", Value: 1}}
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
	err = p.merge(ctx, a, b)
	p.found.documents = a.read
	return err
}

func (p pair) merge(ctx context.Context, a, b *stream) error {
	for (a.head != nil || b.head != nil) && !p.found.full() {
		forward, err := p.match(ctx, a, b)
		if err != nil {
			return err
		}
		if forward.a {
			err = a.next(ctx)
		}
		if forward.b {
			err = errors.Join(err, b.next(ctx))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// match compares the heads of both sides and says what to read next.
func (p pair) match(ctx context.Context, a, b *stream) (step, error) {
	switch {
	case bytes.Equal(a.head, b.head):
		return step{true, true}, nil
	case b.head == nil:
		return p.only("a", a, step{a: true}), nil
	case a.head == nil:
		return p.only("b", b, step{b: true}), nil
	case sameValue(a.id(), b.id()):
		p.found.add(textOf(a.id()), "%s", explain(a.head, b.head))
		return step{true, true}, nil
	}
	return p.resolve(ctx, a, b)
}

func (p pair) only(side string, s *stream, forward step) step {
	p.found.add(textOf(s.id()), "the document is on side %s only: %s", side, jsonOf(s.head))
	return forward
}

// resolve finds out which of two different _ids is missing on the other side.
// Side a is asked for b's, so that no order of values has to be known here.
func (p pair) resolve(ctx context.Context, a, b *stream) (step, error) {
	same := bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: b.id()}}}}
	held, err := p.collection(p.a).FindOne(ctx, same).Raw()
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return p.only("b", b, step{b: true}), nil
	case err != nil:
		return step{}, err
	case sameValue(held.Lookup("_id"), a.id()): // equal for the server: 7 and 7.0, or by the collation
		p.found.add(textOf(a.id()), "the same _id is %s on side b", textOf(b.id()))
		return step{true, true}, nil
	}
	return p.only("a", a, step{a: true}), nil // a's copy of b's document comes later
}
