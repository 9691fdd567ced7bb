package workload

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

const (
	handoverCollection = "tokens"
	tokenIndex         = "token_unique"
	pairsEach          = 4
	nobody             = -1
)

// handover gives tokens to and fro between two documents each, in two writes or
// in one transaction. The field has a unique index, so a write that comes too
// early, twice or not at all is refused as a duplicate sooner or later.
type handover struct {
	identity
	pairs pool[*tokenPair]
}

// tokenPair is two documents and one token. The cell is 0 or 1 for the document that
// holds the token, or nobody.
type tokenPair struct {
	name   string
	made   int // documents inserted so far
	holder cell[int]
	broken bool // a document may not be there
}

func newHandover(id identity) client { return &handover{identity: id} }

func (c *handover) collection(s side) *mongo.Collection {
	return s.in(c.database).Collection(handoverCollection)
}

func (c *handover) prepare(ctx context.Context, s side) error {
	if c.number > 0 {
		return nil
	}
	return s.define(ctx, c.database, "createIndexes", handoverCollection, "indexes",
		bson.A{d("key", d("token", 1), "name", tokenIndex, "unique", true)})
}

func (p *tokenPair) id(i int) string   { return fmt.Sprintf("%s-%d", p.name, i) }
func (p *tokenPair) token() string     { return "token of " + p.name }
func (p *tokenPair) none(i int) string { return "none of " + p.id(i) }
func (p *tokenPair) leftAlone() bool   { return p.broken || p.holder.retired() }
func (p *tokenPair) give() bson.D      { return d("$set", d("token", p.token())) }
func (p *tokenPair) take(i int) bson.D { return d("$set", d("token", p.none(i))) }

func (c *handover) step(ctx context.Context, s side) answer {
	c.pairs.refill(pairsEach, c.fresh)
	p := one(c.random, c.pairs.active)
	switch {
	case p.made < 2:
		return c.make(ctx, s, p)
	case p.holder.last == nobody:
		to := c.random.IntN(2)
		res, err := c.collection(s).UpdateOne(ctx, d("_id", p.id(to)), p.give())
		got := counted("give the "+p.token()+" to "+p.id(to), err, matched(res), 1)
		p.holder.record(got.outcome, to)
		return got
	case c.random.IntN(2) == 0:
		from := p.holder.last
		res, err := c.collection(s).UpdateOne(ctx, d("_id", p.id(from)), p.take(from))
		got := counted("take the "+p.token()+" from "+p.id(from), err, matched(res), 1)
		p.holder.record(got.outcome, nobody)
		return got
	}
	return c.swap(ctx, s, p)
}

func (c *handover) fresh(number int) *tokenPair {
	return &tokenPair{name: fmt.Sprintf("pair-%d-%d", c.number, number), holder: cell[int]{last: nobody}}
}

func (c *handover) make(ctx context.Context, s side, p *tokenPair) answer {
	id := p.id(p.made)
	_, err := c.collection(s).InsertOne(ctx, d("_id", id, "pair", p.name, "client", c.number, "token", p.none(p.made)))
	got := answered("insert "+id, err)
	switch got.outcome {
	case Acknowledged:
		p.made++
	case Unknown, Failed:
		p.broken = true
	}
	return got
}

func (c *handover) swap(ctx context.Context, s side, p *tokenPair) answer {
	from := p.holder.last
	to := 1 - from
	got := inTransaction(ctx, s, "swap the "+p.token(), func(ctx context.Context) error {
		for _, write := range []struct {
			i      int
			update bson.D
		}{{from, p.take(from)}, {to, p.give()}} {
			res, err := c.collection(s).UpdateOne(ctx, d("_id", p.id(write.i)), write.update)
			if err != nil {
				return err
			}
			if res.MatchedCount != 1 {
				return errors.New("there is no document " + p.id(write.i))
			}
		}
		return nil
	})
	p.holder.record(got.outcome, to)
	return got
}

func (c *handover) check(ctx context.Context, s side) error {
	docs, err := read[struct {
		ID    string `bson:"_id"`
		Token string
	}](ctx, c.collection(s), d("client", c.number))
	if err != nil {
		return err
	}
	tokens := map[string]string{}
	for _, doc := range docs {
		tokens[doc.ID] = doc.Token
	}
	var wrong wrongs
	for _, p := range c.pairs.all() {
		if p.made == 2 {
			wrong.add(p.check(tokens))
		}
	}
	wrong.add(c.checkUnique(ctx, s))
	return wrong.err()
}

func (p *tokenPair) check(tokens map[string]string) error {
	holder := nobody
	for i := range 2 {
		switch token, there := tokens[p.id(i)]; {
		case !there:
			return fmt.Errorf("document %s is not there", p.id(i))
		case token == p.token() && holder != nobody:
			return fmt.Errorf("the %s has two holders", p.token())
		case token == p.token():
			holder = i
		case token != p.none(i):
			return fmt.Errorf("document %s has the token %q", p.id(i), token)
		}
	}
	return p.holder.check(fmt.Sprintf("the holder of the %s (%d: nobody)", p.token(), nobody), holder)
}

// checkUnique wants the index to be unique, and not half-way to it.
func (c *handover) checkUnique(ctx context.Context, s side) error {
	indexes, err := indexesOf(ctx, s, c.database, handoverCollection)
	if err != nil {
		return err
	}
	index, there := indexes[tokenIndex]
	if unique, _ := index.Lookup("unique").BooleanOK(); !there || !unique {
		return fmt.Errorf("the index %s of %s is not unique: %v", tokenIndex, handoverCollection, index)
	}
	return nil
}

// indexesOf returns the indexes of a collection by name.
func indexesOf(ctx context.Context, s side, database, collection string) (map[string]bson.Raw, error) {
	cursor, err := s.in(database).Collection(collection).Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var list []bson.Raw
	if err := cursor.All(ctx, &list); err != nil {
		return nil, err
	}
	indexes := map[string]bson.Raw{}
	for _, index := range list {
		name, _ := index.Lookup("name").StringValueOK()
		indexes[name] = index
	}
	return indexes, nil
}
