package applier

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// A change event is larger than its document: it repeats the _id in documentKey
// and, in hexadecimal, in the resume token, and the reply repeats that token. So
// the event of a document that fits into 16 MB need not do so, and the server
// then fails the whole getMore, with codeTooLarge, whatever else the reply would
// have held. (A stream that splits large events does not help: on 6.0.27 the
// piece that holds a 16 MB document with an _id of 10 kB is still too large.)
//
// The stream is then read on from the same position with guard behind it, which
// leaves out what makes an event too large: the document or delta, which is read
// from the source later on instead. An event that is too large without a body has
// an _id of more than 3.3 MB. Up to 5.5 MB it can be read if another event ends
// the reply, whose token is repeated then; beyond, there is no way.

// care is how a stream is read.
type care int

const (
	plainly   care = iota
	guarded        // large events come without their bodies
	oneByOne       // so that a reply holds nothing but one event and its token
	careLimit      // there is no more to be done
)

// batchSize is how many events a reply may have.
func (c care) batchSize() int32 {
	return [...]int32{plainly: replyEvents, guarded: guardedEvents, oneByOne: 1}[c]
}

// enough is after how many events without a large one the next lower care is
// tried: by then the reply that failed has been passed.
func (c care) enough() int { return int((c - 1).batchSize()) }

// bodylessField is what guard adds to an event that it took the body from.
const bodylessField = "revsyncBodyless"

// guard is the stages behind $changeStream that let no event be larger than a
// reply can be together with another copy of its resume token. They cost the
// source so much that they are only used where they are needed.
func guard() bson.A {
	parts := bson.A{sizeOf("$_id"), sizeOf("$_id"), sizeOf("$documentKey"), sizeOf("$operationDescription"),
		sizeOf("$fullDocument"), sizeOf("$rawUpdateDescription")}
	large := bson.D{{Key: "$gt", Value: bson.A{bson.D{{Key: "$add", Value: parts}}, guardBytes}}}
	unlessLarge := func(field string) bson.D {
		return bson.D{{Key: "$cond", Value: bson.A{large, "$$REMOVE", field}}}
	}
	return bson.A{bson.D{{Key: "$addFields", Value: bson.D{
		{Key: "fullDocument", Value: unlessLarge("$fullDocument")},
		{Key: "rawUpdateDescription", Value: unlessLarge("$rawUpdateDescription")},
		{Key: "stateBeforeChange", Value: "$$REMOVE"}, // of a schema event; nobody here reads it
		{Key: bodylessField, Value: bson.D{{Key: "$cond", Value: bson.A{large, true, "$$REMOVE"}}}},
	}}}}
}

// sizeOf is the size of a field that is a document or is not there.
func sizeOf(field string) bson.D {
	return bson.D{{Key: "$ifNull", Value: bson.A{bson.D{{Key: "$bsonSize", Value: field}}, 0}}}
}

// tooLarge reports that an event, or the token in it, did not fit.
func tooLarge(err error) bool {
	return mdb.HasCode(err, codeTooLarge) || mdb.HasCode(err, codeStringTooLong)
}

// tighten reads more carefully from now on, if that is possible.
func (s *stream) tighten() bool {
	if s.care+1 == careLimit {
		return false
	}
	s.care++
	s.passed = 0
	return true
}

// relax reads the next events less carefully once the large one has been passed,
// or when there is nothing more to read: only a plain reply shows that the end was
// reached. The cursor of the careful reading is given up.
func (s *stream) relax(b *mdb.Batch) (relaxed bool, err error) {
	back := b.Empty()
	err = b.Each(func(doc bson.Raw) error {
		s.passed++
		_, bodyless := field(doc, bodylessField)
		back = back || bodyless
		return nil
	})
	if err != nil || !back && s.passed < s.care.enough() {
		return false, err
	}
	s.care, s.passed = s.care-1, 0
	if back {
		s.care = plainly
	}
	return true, nil
}
