package mdb

import "go.mongodb.org/mongo-driver/v2/mongo"

// Fault is the error as one that ClassOf and HasCode understand: a server that
// steps down in the middle of a command says so in the statements' errors.
func (e WriteError) Fault() error {
	return mongo.CommandError{Code: int32(e.Code), Message: e.Message}
}
