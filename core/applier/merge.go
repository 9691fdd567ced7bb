package applier

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// merge makes ops of changes, fewer where that is plainly right:
//   - a document or a delete makes the earlier ops of the same document needless;
//   - deltas of the same document, with nothing else of it between, become one
//     statement that applies them one after the other.
//
// "The same document" means: the same collection and an id equal byte by byte.
// A key under which another id has been seen (7 and 7.0, or a replacement that
// changed one into the other) is not merged from there on, and a capped
// collection never is: there the order of insertion counts. Nor is one with a
// document that is yet to be read: nobody knows how its id will be written.
func merge(changes []change) (ops []op, newest lifecycle.OpTime) {
	ops = make([]op, 0, len(changes))
	tracks := make(map[uint64]*track, len(changes))
	for i := range changes {
		c := &changes[i]
		if newest.Before(c.time) {
			newest = c.time
		}
		t := tracks[c.key]
		if t == nil {
			t = &track{target: c.target, id: c.id, born: c.kind == insert}
			tracks[c.key] = t
		}
		ops = t.add(ops, c)
	}
	return ops, newest
}

// track is what a batch holds of one key so far.
type track struct {
	target *target
	id     value
	born   bool // its first change is an insert
	mixed  bool
	live   []int // ops that are not needless, by their place in the list
}

func (t *track) add(ops []op, c *change) []op {
	if !t.mixed && !t.fits(c) {
		t.mixed = true
	}
	o := op{kind: c.kind, target: c.target, key: c.key, id: c.id, fetch: c.fetch}
	switch {
	case c.fetch:
	case c.kind == update && t.joins(ops, c):
		last := &ops[t.live[len(t.live)-1]]
		last.deltas = append(last.deltas, c.body)
		return ops
	case c.kind == update:
		o.deltas = []bson.Raw{c.body}
	case !t.mixed:
		o.kind = t.supersede(ops, c.kind)
		fallthrough
	default:
		o.doc = c.body
	}
	t.live = append(t.live, len(ops))
	return append(ops, o)
}

// fits reports whether a change is surely of the track's document, before and
// after it.
func (t *track) fits(c *change) bool {
	if c.fetch || c.target != t.target || c.target.ordered || !c.id.equal(t.id) {
		return false
	}
	if c.kind != insert && c.kind != replace {
		return true
	}
	id, ok := field(c.body, "_id")
	return ok && id.equal(t.id)
}

// joins reports whether a delta can go into the statement of the one before it.
func (t *track) joins(ops []op, c *change) bool {
	if t.mixed || len(t.live) == 0 {
		return false
	}
	last := &ops[t.live[len(t.live)-1]]
	size := len(c.body)
	for _, delta := range last.deltas {
		size += len(delta)
	}
	return last.kind == update && len(last.deltas) < deltaStages && size <= deltaBytes
}

// supersede drops the ops so far and answers how to write what comes now: a
// document that was not there before the batch is inserted, one that was is
// replaced.
func (t *track) supersede(ops []op, k kind) kind {
	earlier := len(t.live) > 0
	for _, i := range t.live {
		ops[i].gone = true
	}
	t.live = t.live[:0]
	switch {
	case k == remove:
		return remove
	case t.born:
		return insert
	case earlier:
		return replace
	}
	return k
}
