package workload

import (
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// togglesEach is how many documents a toggler has at a time.
const togglesEach = 12

// toggler deletes documents and inserts them again with an _id that the server
// takes for the same, but that has other bytes: a number of another type, or, in
// a collection with a collation, a word in other letters.
type toggler struct {
	identity
	ids pool[*toggled]
}

// toggled is one _id in all its forms. The cell has the form that is there, or "".
type toggled struct {
	collection string
	forms      []any
	form       cell[string]
}

func (t *toggled) leftAlone() bool { return t.form.retired() }

func newToggler(id identity) client { return &toggler{identity: id} }

func (c *toggler) numbersName() string { return fmt.Sprintf("toggle_numbers_%d", c.number) }
func (c *toggler) wordsName() string   { return fmt.Sprintf("toggle_words_%d", c.number) }

func (c *toggler) prepare(ctx context.Context, s side) error {
	if err := s.define(ctx, c.database, "create", c.numbersName()); err != nil {
		return err
	}
	return s.define(ctx, c.database, "create", c.wordsName(), "collation", d("locale", "en", "strength", 2))
}

// fresh makes numbers and words by turns: 7, 7.0, NumberLong(7) and
// NumberDecimal("7"), or word-8, WORD-8 and Word-8.
func (c *toggler) fresh(number int) *toggled {
	if number%2 == 0 {
		return &toggled{collection: c.numbersName(),
			forms: []any{int32(number), float64(number), int64(number), decimalOf(number)}}
	}
	word := fmt.Sprintf("word-%d", number)
	return &toggled{collection: c.wordsName(),
		forms: []any{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:]}}
}

// decimalOf is a whole number as a Decimal128 with exponent 0.
func decimalOf(number int) bson.Decimal128 {
	return bson.NewDecimal128(0x3040000000000000, uint64(number))
}

func (c *toggler) step(ctx context.Context, s side) answer {
	c.ids.refill(togglesEach, c.fresh)
	t := one(c.random, c.ids.active)
	collection := s.in(c.database).Collection(t.collection)
	id := one(c.random, t.forms)
	if t.form.last == "" {
		_, err := collection.InsertOne(ctx, d("_id", id))
		got := answered("insert _id "+formOf(id), err)
		t.form.record(got.outcome, formOf(id))
		return got
	}
	res, err := collection.DeleteOne(ctx, d("_id", id))
	got := counted("delete _id "+formOf(id), err, deleted(res), 1)
	t.form.record(got.outcome, "")
	return got
}

// formOf tells equal values of different types apart.
func formOf(id any) string {
	kind, value, err := bson.MarshalValue(id)
	if err != nil {
		return err.Error()
	}
	return bson.RawValue{Type: kind, Value: value}.String()
}

func (c *toggler) check(ctx context.Context, s side) error {
	var wrong wrongs
	for _, name := range []string{c.numbersName(), c.wordsName()} {
		forms, err := c.formsIn(ctx, s.in(c.database).Collection(name))
		if err != nil {
			return err
		}
		for _, t := range c.ids.all() {
			if t.collection != name {
				continue
			}
			got := ""
			for _, form := range t.forms {
				if forms[formOf(form)] {
					got += formOf(form)
					delete(forms, formOf(form))
				}
			}
			wrong.add(t.form.check("_id "+formOf(t.forms[0])+" (empty: not there)", got))
		}
		for form := range forms {
			wrong.addf("_id %s was never inserted", form)
		}
	}
	return wrong.err()
}

func (c *toggler) formsIn(ctx context.Context, collection *mongo.Collection) (map[string]bool, error) {
	docs, err := read[bson.Raw](ctx, collection, d())
	forms := map[string]bool{}
	for _, doc := range docs {
		forms[doc.Lookup("_id").String()] = true
	}
	return forms, err
}
