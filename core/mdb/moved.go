package mdb

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// MovedTo reads the refusal CodeCollectionUUIDMismatch, which answers a command
// that named a collection and the UUID of another one. coll is the name that
// the UUID has now, in the same database; it is empty when the database has no
// such collection any more. mismatch is false for every other error and for nil.
func MovedTo(err error) (coll string, mismatch bool) {
	answer, ok := errors.AsType[mongo.CommandError](err)
	if !ok || !answer.HasErrorCode(CodeCollectionUUIDMismatch) {
		return "", false
	}
	coll, _ = answer.Raw.Lookup("actualCollection").StringValueOK()
	return coll, true
}
