//go:build unix

package main_test

import (
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

// userWritesBlocked is the code with which a closed side refuses.
const userWritesBlocked = 371

// closed proves that a side refuses everything by which a plain user could
// change it. Not tried is dropDatabase: MongoDB 6.0 refuses it too, but may lose
// sight of the database's views while it stays closed (see schema.RevealViews).
func (w *world) closed(side int) {
	w.t.Helper()
	shop := w.client(side, mongotest.DDL).Database("shop")
	one := bson.A{d("q", d("_id", 1), "u", d("$set", d("x", 1)))}
	for _, command := range []bson.D{
		d("insert", "users", "documents", bson.A{d("_id", "intruder")}),
		d("update", "users", "updates", one),
		d("delete", "users", "deletes", bson.A{d("q", d(), "limit", 0)}),
		d("findAndModify", "users", "query", d("_id", 1), "remove", true),
		d("create", "intruder"),
		d("createIndexes", "users", "indexes", bson.A{d("name", "intruder", "key", d("intruder", 1))}),
		d("dropIndexes", "users", "index", "*"),
		d("collMod", "users", "validator", d("x", 1)),
		d("drop", "users"),
	} {
		err := shop.RunCommand(w.t.Context(), command).Err()
		answer, ok := err.(mongo.ServerError)
		require.True(w.t, ok && answer.HasErrorCode(userWritesBlocked), "%s on cluster%d: %v", command[0].Key, side, err)
	}
}
