package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// listSpan is how many values of each client one list takes: a list that grows
// for ever would become slow, and then too big for a document.
const listSpan = 400

// appender pushes 0, 1, 2, ... to lists shared with the other appenders.
type appender struct {
	identity
	outcomes []Outcome // of each value
}

// pushed is an element of a list.
type pushed struct {
	Client int
	Value  int
}

func newAppender(id identity) client { return &appender{identity: id} }

func (a *appender) collection(s side) *mongo.Collection { return s.in(a.database).Collection("lists") }

func (a *appender) prepare(ctx context.Context, s side) error {
	if a.number > 0 {
		return nil
	}
	return s.define(ctx, a.database, "create", "lists")
}

func (a *appender) step(ctx context.Context, s side) answer {
	value := len(a.outcomes)
	push := d("$push", d("values", d("client", a.number, "value", value)))
	_, err := a.collection(s).UpdateOne(ctx, d("_id", value/listSpan), push, options.UpdateOne().SetUpsert(true))
	got := answered(fmt.Sprintf("push %d to list %d", value, value/listSpan), err)
	if hasCode(err, codeDuplicateKey) { // two clients began the list at once
		got.outcome = Aborted
	}
	a.outcomes = append(a.outcomes, got.outcome)
	return got
}

func (a *appender) check(ctx context.Context, s side) error {
	lists, err := read[struct{ Values []pushed }](ctx, a.collection(s), d())
	if err != nil {
		return err
	}
	var wrong wrongs
	seen := make([]int, len(a.outcomes))
	latest := -1 // acknowledged value
	for _, list := range lists {
		for _, p := range list.Values {
			if p.Client != a.number {
				continue
			}
			if p.Value < 0 || p.Value >= len(seen) {
				wrong.addf("value %d was never pushed", p.Value)
				continue
			}
			seen[p.Value]++
			if a.outcomes[p.Value] != Acknowledged {
				continue
			}
			if p.Value < latest {
				wrong.addf("value %d comes after value %d", p.Value, latest)
			}
			latest = p.Value
		}
	}
	for value, times := range seen {
		wrong.add(checkTimes(value, times, a.outcomes[value]))
	}
	return wrong.err()
}

func checkTimes(value, times int, o Outcome) error {
	switch {
	case o == Acknowledged && times == 1, o == Unknown && times <= 1, o != Acknowledged && times == 0:
		return nil
	}
	return fmt.Errorf("value %d is there %d times, its push was %s", value, times, o)
}
