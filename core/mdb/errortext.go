package mdb

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
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

// TimedOut reports whether a server was there, but the time of the command ran
// out, on this side or on the server (code 50).
func TimedOut(err error) bool {
	return mongo.IsTimeout(err) && !errors.As(err, new(topology.ServerSelectionError))
}
