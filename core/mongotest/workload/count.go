package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const counterDocuments = 4

// counter increments its own field in documents that all counters share.
type counter struct {
	identity
	certain, unknown [counterDocuments]int64
}

func newCounter(id identity) client { return &counter{identity: id} }

func (c *counter) collection(s side) *mongo.Collection {
	return s.in(c.database).Collection("counters")
}

func (c *counter) field() string { return fmt.Sprintf("client%d", c.number) }

func (c *counter) prepare(ctx context.Context, s side) error {
	if c.number > 0 {
		return nil
	}
	if err := s.define(ctx, c.database, "create", "counters"); err != nil {
		return err
	}
	for i := range counterDocuments {
		if _, err := c.collection(s).InsertOne(ctx, d("_id", i)); err != nil {
			return err
		}
	}
	return nil
}

func (c *counter) step(ctx context.Context, s side) answer {
	i, amount := c.random.IntN(counterDocuments), 1+c.random.Int64N(5)
	got := c.increment(ctx, s, i, amount)
	switch got.outcome {
	case Acknowledged:
		c.certain[i] += amount
	case Unknown, Failed:
		c.unknown[i] += amount
	}
	return got
}

func (c *counter) increment(ctx context.Context, s side, i int, amount int64) answer {
	what := fmt.Sprintf("add %d to counter %d", amount, i)
	filter, update := d("_id", i), d("$inc", d(c.field(), amount))
	if c.random.IntN(2) == 0 {
		err := c.collection(s).FindOneAndUpdate(ctx, filter, update, options.FindOneAndUpdate().SetProjection(d("_id", 1))).Err()
		return answered(what, err) // no document is an error
	}
	res, err := c.collection(s).UpdateOne(ctx, filter, update)
	return counted(what, err, matched(res), 1)
}

func matched(res *mongo.UpdateResult) int64 {
	if res == nil {
		return 0
	}
	return res.MatchedCount
}

func (c *counter) check(ctx context.Context, s side) error {
	docs, err := read[map[string]int64](ctx, c.collection(s), d())
	if err != nil {
		return err
	}
	var wrong wrongs
	if len(docs) != counterDocuments {
		wrong.addf("there are %d counters, and must be %d", len(docs), counterDocuments)
	}
	for _, doc := range docs {
		i, value := doc["_id"], doc[c.field()]
		if i < 0 || i >= counterDocuments {
			wrong.addf("counter %d was never made", i)
			continue
		}
		if low, high := c.certain[i], c.certain[i]+c.unknown[i]; value < low || value > high {
			wrong.addf("%s of counter %d is %d, and must be %d to %d", c.field(), i, value, low, high)
		}
	}
	return wrong.err()
}
