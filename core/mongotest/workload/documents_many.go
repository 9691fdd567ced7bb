package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// manyAtOnce is how many documents one operation on several takes at most.
const manyAtOnce = 5

// pick returns up to manyAtOnce documents that are there, or that are not.
func (c *documents) pick(there bool) (docs []*document, keys bson.A) {
	for _, i := range c.random.Perm(len(c.docs.active)) {
		doc := c.docs.active[i]
		if (doc.rev.last != 0) == there && len(docs) < manyAtOnce {
			docs, keys = append(docs, doc), append(keys, doc.key)
		}
	}
	return docs, keys
}

// nothingToDo is the answer when there is no document to do something with.
func nothingToDo(what string) answer { return answer{outcome: Aborted, what: what + ": nothing to do"} }

// insertMany gives each document a revision of its own. A refusal can come when
// some are in.
func (c *documents) insertMany(ctx context.Context, s side) answer {
	docs, _ := c.pick(false)
	if len(docs) == 0 {
		return nothingToDo("insert several")
	}
	first, bodies := c.rev, []any{}
	for i, doc := range docs {
		c.rev = first + int64(i)
		bodies = append(bodies, c.body(doc.key))
	}
	_, err := c.collection(s).InsertMany(ctx, bodies)
	got := answered(fmt.Sprintf("insert %d documents", len(docs)), err)
	for i, doc := range docs {
		doc.rev.recordPart(got.outcome, first+int64(i))
	}
	return got
}

func (c *documents) updateMany(ctx context.Context, s side) answer {
	docs, keys := c.pick(true)
	if len(docs) == 0 {
		return nothingToDo("update several")
	}
	update := d("$set", d("rev", c.rev, "single", false), "$push", d("list", d("$each", bson.A{c.random.IntN(100)}, "$slice", -8)))
	res, err := c.collection(s).UpdateMany(ctx, d("_id", d("$in", keys)), update)
	got := counted(fmt.Sprintf("update %v", keys), err, matched(res), int64(len(docs)))
	for _, doc := range docs {
		doc.rev.recordPart(got.outcome, c.rev)
	}
	return got
}

func (c *documents) deleteMany(ctx context.Context, s side) answer {
	docs, keys := c.pick(true)
	if len(docs) == 0 {
		return nothingToDo("delete several")
	}
	res, err := c.collection(s).DeleteMany(ctx, d("_id", d("$in", keys)))
	got := counted(fmt.Sprintf("delete %v", keys), err, deleted(res), int64(len(docs)))
	for _, doc := range docs {
		doc.rev.recordPart(got.outcome, 0)
	}
	return got
}
