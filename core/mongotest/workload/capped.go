package workload

import (
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// cappedMax is small, so that documents fall out soon.
const cappedMax = 150

// cappedClient inserts 0, 1, 2, ... into a capped collection of its own.
type cappedClient struct {
	identity
	outcomes []Outcome // of each number
}

func newCapped(id identity) client { return &cappedClient{identity: id} }

func (c *cappedClient) name() string { return fmt.Sprintf("capped_%d", c.number) }

func (c *cappedClient) collection(s side) *mongo.Collection {
	return s.in(c.database).Collection(c.name())
}

func (c *cappedClient) prepare(ctx context.Context, s side) error {
	return s.define(ctx, c.database, "create", c.name(), "capped", true, "size", 1<<20, "max", cappedMax)
}

func (c *cappedClient) step(ctx context.Context, s side) answer {
	number := len(c.outcomes)
	_, err := c.collection(s).InsertOne(ctx, d("_id", number, "text", strings.Repeat("x", c.random.IntN(300))))
	got := answered(fmt.Sprintf("insert %d", number), err)
	c.outcomes = append(c.outcomes, got.outcome)
	return got
}

func (c *cappedClient) check(ctx context.Context, s side) error {
	cursor, err := c.collection(s).Find(ctx, d(), options.Find().SetSort(d("$natural", 1)))
	if err != nil {
		return err
	}
	var found []struct {
		ID int `bson:"_id"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return err
	}
	var wrong wrongs
	if len(found) > cappedMax && !c.killed {
		wrong.addf("it holds %d documents, and must hold %d at most", len(found), cappedMax)
	}
	times := make([]int, len(c.outcomes))
	latest := -1 // acknowledged number
	for _, doc := range found {
		switch {
		case doc.ID < 0 || doc.ID >= len(times):
			wrong.addf("value %d was never inserted", doc.ID)
			continue
		case c.outcomes[doc.ID] == Acknowledged && doc.ID < latest:
			wrong.addf("value %d comes after value %d", doc.ID, latest)
		case c.outcomes[doc.ID] == Acknowledged:
			latest = doc.ID
		}
		times[doc.ID]++
	}
	for number := range times {
		if !c.mayHaveFallenOut(number, times) || times[number] > 0 {
			wrong.add(checkTimes(number, times[number], c.outcomes[number]))
		}
	}
	return wrong.err()
}

// mayHaveFallenOut reports that enough came after a number. One of unknown
// outcome may have come late and pushed out one more. A server that counts wrong
// still begins with the oldest.
func (c *cappedClient) mayHaveFallenOut(number int, times []int) bool {
	if c.killed {
		return c.outcomes[number] == Acknowledged && !c.olderIsThere(number, times) && number < len(times)-1
	}
	after := 0
	for i, o := range c.outcomes {
		if i > number && o == Acknowledged || o == Unknown {
			after++
		}
	}
	return after >= cappedMax
}

// olderIsThere reports that an acknowledged number from before is there.
func (c *cappedClient) olderIsThere(number int, times []int) bool {
	for i := range number {
		if c.outcomes[i] == Acknowledged && times[i] > 0 {
			return true
		}
	}
	return false
}
