package mdb

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// ErrorText is err's text for people and documents: the user info of anything
// that looks like a connection string is cut out of it. It is "" for nil.
func ErrorText(err error) string {
	if err == nil {
		return ""
	}
	return withoutCredentials(err.Error())
}

// Answered reports whether err is the server's own answer (ok: 0 with a code)
// to a command. The driver packs errors of the network into the same type,
// without a code.
func Answered(err error) bool {
	answer, ok := errors.AsType[mongo.CommandError](err)
	return ok && answer.Code != 0
}
