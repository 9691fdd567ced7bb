package applier

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// op is one statement on the destination.
type op struct {
	kind   kind
	target *target
	key    uint64
	id     value
	doc    bson.Raw   // of insert and replace
	deltas []bson.Raw // of update, to be applied one after the other
	fetch  bool       // doc or deltas are not known: what the source holds is written
	gone   bool       // a later op of the same document made it needless
}

// plan is what a batch becomes: for each collection, stages that are carried
// out one after the other.
type plan struct {
	newest      lifecycle.OpTime // of the batch's events
	collections []*collectionPlan
}

type collectionPlan struct {
	target *target
	stages []stage
}

// stage is at most one command of each kind, carried out in this order. The
// server works through the statements of a command in their order.
type stage struct{ inserts, updates, deletes []*op }

// arrange turns changes into stages so that the changes of each key keep their
// order. Changes of different keys may pass each other: they are of different
// documents, and on the destination no index ties documents together.
func arrange(changes []change) *plan {
	ops, newest := merge(changes)
	p := &plan{newest: newest}
	of := map[*target]*collectionPlan{}
	at := make(map[uint64]seat, len(ops))
	for i := range ops {
		o := &ops[i]
		if o.gone {
			continue
		}
		c := of[o.target]
		if c == nil {
			c = &collectionPlan{target: o.target}
			of[o.target] = c
			p.collections = append(p.collections, c)
		}
		at[o.key] = c.put(o, at[o.key])
	}
	return p
}

// seat is where the last op of a key went; next is its stage plus one, so that
// the zero value means "nowhere".
type seat struct {
	next int
	rank int
}

// put finds the earliest stage that comes not before the key's last op and, in
// it, runs not before that op.
func (c *collectionPlan) put(o *op, last seat) seat {
	n, rank := max(last.next, 1), o.rank()
	if rank < last.rank {
		n++
	}
	if n > len(c.stages) {
		c.stages = append(c.stages, stage{})
	}
	s := &c.stages[n-1]
	switch rank {
	case 0:
		s.inserts = append(s.inserts, o)
	case 1:
		s.updates = append(s.updates, o)
	default:
		s.deletes = append(s.deletes, o)
	}
	return seat{next: n, rank: rank}
}

// statementSize is the most that a statement with a body takes.
func (o *op) statementSize(body int) int { return body + len(o.id.data) + 256 }

// rank is the order of the commands within a stage.
func (o *op) rank() int {
	switch o.kind {
	case insert:
		return 0
	case remove:
		return 2
	}
	return 1
}
