package workload_test

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func pushed(value int) bson.D { return d("client", 0, "value", value) }

var appendDamages = []damage{
	{"order", func(v victim) {
		v.update("lists", d("_id", 0), bson.A{d("$set", d("values", d("$concatArrays",
			bson.A{bson.A{d("$arrayElemAt", bson.A{"$values", 1})}, bson.A{d("$arrayElemAt", bson.A{"$values", 0})},
				d("$slice", bson.A{"$values", 2, 1000})})))})
	}, "value 0 comes after value 1"},
	{"twice", func(v victim) { v.update("lists", d("_id", 0), d("$push", d("values", pushed(7)))) }, "value 7 is there 2 times"},
	{"lost", func(v victim) { v.update("lists", d("_id", 0), d("$pull", d("values", pushed(9)))) }, "value 9 is there 0 times"},
	{"invented", func(v victim) { v.update("lists", d("_id", 0), d("$push", d("values", pushed(1e6)))) }, "value 1000000 was never pushed"},
}

var countDamages = []damage{
	{"once too often", func(v victim) { v.update("counters", d("_id", 1), d("$inc", d("client0", int64(1)))) }, "client0 of counter 1 is"},
	{"once too rarely", func(v victim) { v.update("counters", d("_id", 2), d("$inc", d("client0", int64(-1)))) }, "client0 of counter 2 is"},
	{"counter lost", func(v victim) { v.remove("counters", d("_id", 3)) }, "there are 3 counters"},
}

var transferDamages = []damage{
	{"half a transfer", func(v victim) { v.update("accounts_1", d("_id", 2), d("$inc", d("balance", int64(-3)))) }, "all accounts together have 11997"},
	{"the other half at the wrong place", func(v victim) { v.update("accounts_0", d("_id", 1), d("$inc", d("balance", int64(3)))) },
		"account 1 in accounts_0 has"},
	{"not in the ledger", func(v victim) { v.remove("ledger", d("number", 5)) }, "ledger: value 5 is there 0 times"},
	{"invented", func(v victim) { v.insert("ledger", d("_id", "0-9999", "client", 0, "number", 9999)) }, "transfer 0-9999 was never made"},
}

const collection = "documents_0"

var documentsDamages = []damage{
	{"old revision", func(v victim) { v.update(collection, d("_id", v.ids(collection)[1]), d("$set", d("rev", int64(-5)))) }, " is -5, and must be "},
	{"delete lost", func(v victim) {
		alive := map[string]bool{}
		for _, id := range v.ids(collection) {
			alive[id.StringValue()] = true
		}
		for i := range 40 {
			if key := fmt.Sprintf("key-%04d", i); !alive[key] {
				v.insert(collection, d("_id", key, "rev", int64(-7)))
				return
			}
		}
		require.Fail(v, "all documents are there")
	}, "(0: not there) is -7, and must be 0"},
	{"lost", func(v victim) { ids := v.ids(collection); v.remove(collection, d("_id", ids[len(ids)-1])) }, " is 0, and must be "},
	{"invented", func(v victim) { v.insert(collection, d("_id", "key-9999", "rev", int64(-8))) }, "document key-9999 was never made"},
}

var toggleDamages = []damage{
	{"type", func(v victim) {
		old := v.ids("toggle_numbers_0")[0]
		v.remove("toggle_numbers_0", d("_id", old))
		number, _ := old.AsInt64OK()
		if _, whole := old.Int32OK(); whole {
			v.insert("toggle_numbers_0", d("_id", float64(number)))
			return
		}
		v.insert("toggle_numbers_0", d("_id", int32(number)))
	}, `(empty: not there) is {"$number`},
	{"letters", func(v victim) {
		old := v.ids("toggle_words_0")[0].StringValue()
		v.remove("toggle_words_0", d("_id", old))
		other := strings.ToUpper(old)
		if other == old {
			other = strings.ToLower(old)
		}
		v.insert("toggle_words_0", d("_id", other))
	}, `(empty: not there) is "`},
	{"lost", func(v victim) { v.remove("toggle_words_0", d("_id", v.ids("toggle_words_0")[1])) }, "(empty: not there) is , and must be"},
	{"invented", func(v victim) { v.insert("toggle_numbers_0", d("_id", 777)) }, `{"$numberInt":"777"} was never inserted`},
}

var handoverDamages = []damage{
	{"index not unique", func(v victim) {
		v.run("collMod", "tokens", "index", d("name", "token_unique", "forceNonUnique", true))
	}, "is not unique"},
	{"two holders", func(v victim) {
		holder := v.first("tokens", d("token", d("$regex", "^token of pair")))
		v.update("tokens", d("pair", holder.Lookup("pair"), "_id", d("$ne", holder.Lookup("_id"))), d("$set", d("token", holder.Lookup("token"))))
	}, "has two holders"},
	{"handed over late", func(v victim) {
		cursor, err := v.Collection("tokens").Aggregate(v.Context(), bson.A{
			d("$group", d("_id", "$pair", "held", d("$push", d("$cond", bson.A{d("$eq", bson.A{d("$substrCP", bson.A{"$token", 0, 8}), "token of"}), "$_id", "$$REMOVE"})))),
			d("$match", d("held", d("$size", 1)))})
		require.NoError(v, err)
		var single []struct{ Held []string }
		require.NoError(v, cursor.All(v.Context(), &single))
		require.NotEmpty(v, single)
		v.update("tokens", d("_id", single[0].Held[0]), d("$set", d("token", "none of "+single[0].Held[0])))
	}, "(-1: nobody) is -1, and must be"},
	{"document lost", func(v victim) { v.remove("tokens", d("_id", v.ids("tokens")[0])) }, "is not there"},
}

var cappedDamages = []damage{
	{"lost", func(v victim) { v.remove("capped_0", d("_id", v.ids("capped_0")[20])) }, " is there 0 times"},
	{"order", func(v victim) {
		id := v.ids("capped_0")[30]
		v.remove("capped_0", d("_id", id))
		v.insert("capped_0", d("_id", id))
	}, " comes after value "},
	{"invented", func(v victim) { v.insert("capped_0", d("_id", 123456)) }, "value 123456 was never inserted"},
	{"too many", func(v victim) {
		v.run("collMod", "capped_0", "cappedMax", 0)
		for i := range 150 {
			v.insert("capped_0", d("_id", -i-1))
		}
	}, "and must hold 150 at most"},
}

var filesDamages = []damage{
	{"chunk damaged", func(v victim) {
		v.update("chunks", d("_id", v.ids("chunks")[0]), d("$set", d("data", bson.Binary{Data: []byte("other")})))
	}, "is damaged"},
	{"chunk lost", func(v victim) {
		v.remove("chunks", d("file", v.first("files", d("chunks", d("$gt", 2))).Lookup("_id"), "number", 2))
	}, "(listed, chunks) is {true "},
	{"file lost", func(v victim) { v.remove("files", d("_id", v.ids("files")[0])) }, "(listed, chunks) is {false "},
	{"invented", func(v victim) { v.insert("files", d("_id", "file-0-999", "client", 0)) }, "file-0-999 was never stored"},
}
