package applier_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestChanges(t *testing.T) {
	p := newPair(t)
	run := func(name string, f func(w *world)) {
		t.Run(name, func(t *testing.T) { f(p.world(t)) })
	}
	// Each writes while the replay is under way, then the whole history is
	// replayed once more over the finished data.
	for _, workload := range []struct {
		name  string
		write func(w *world)
	}{
		{"every shape", everyShape},
		{"names that operators misread", awkwardNames},
		{"every type as id", everyID},
		{"ids toggle their type", togglingIDs},
		{"transactions", transactions},
		{"capped order", cappedOrder},
		{"collated ids", collatedIDs},
		{"large documents", largeDocuments},
	} {
		run(workload.name, func(w *world) {
			r := w.run(w.config())
			workload.write(w)
			r.finish()
			w.same()
			first := r.Status()
			require.Zero(w.t, first.Unmatched, "a first replay meets every document")
			require.Zero(w.t, first.QueuedEvents)

			cfg := w.config()
			cfg.SchemaTime = w.position().Time // its collections are there already
			w.rewind(w.start)
			again := w.run(cfg)
			again.finish()
			w.same()
			require.Positive(w.t, again.Status().Events)
			require.Empty(w.t, w.failures())
		})
	}
}

// many inserts n documents {_id: 0.., ...}.
func (w *world) many(coll string, n int, more ...any) {
	w.t.Helper()
	docs := []any{}
	for i := range n {
		docs = append(docs, d(append([]any{"_id", i}, more...)...))
	}
	_, err := w.coll(coll).InsertMany(w.t.Context(), docs)
	require.NoError(w.t, err)
}

// update sends one update statement.
func (w *world) update(coll string, q, u any, more ...any) {
	w.t.Helper()
	w.do("update", coll, "updates", bson.A{append(d("q", q, "u", u), d(more...)...)})
}

var padding = strings.Repeat("x", 500) // a server logs a delta only where that is smaller than the document

func everyShape(w *world) {
	w.many("c", 60, "n", 0, "pad", padding, "a", d("b", d("c", 1, "d", 2)), "arr", bson.A{1, 2, 3, 4, 5, 6})
	id := func(i int) bson.D { return d("_id", i) }
	for i, u := range []any{
		d("$set", d("n", 1, "new", "z", "a.b.c", 7)), d("$inc", d("n", 5)), d("$unset", d("a.b.d", "", "n", "")),
		d("$push", d("arr", d("$each", bson.A{7, 8}, "$position", 1))), d("$push", d("arr", d("$each", bson.A{9}, "$slice", -3))),
		d("$pull", d("arr", d("$gt", 2))), d("$pop", d("arr", 1)), d("$addToSet", d("arr", 42)), d("$rename", d("n", "m", "a", "z")),
		d("$set", d("arr.1", "one", "arr.9", "nine")), d("$bit", d("n", d("or", 5))), d("$currentDate", d("at", true)),
		d("$max", d("n", 3)), d("$mul", d("n", 2.5)), d("$set", d("a", 5)), d("$set", d("a.x.y.z", bson.A{})),
		d("n", 1, "whole", true), d(), d("a", d("b", 1)),
		bson.A{d("$set", d("sum", d("$add", bson.A{"$n", 1})))}, bson.A{d("$replaceRoot", d("newRoot", d("_id", "$_id", "only", 1)))},
		bson.A{d("$unset", bson.A{"a", "arr"})}, bson.A{d("$set", d("arr", d("$map", d("input", "$arr", "in", d("v", "$$this")))))},
		bson.A{d("$set", d("arr", d("$slice", bson.A{"$arr", 2})))}, bson.A{d("$set", d("arr", d("$concatArrays", bson.A{"$arr", bson.A{d("deep", bson.A{1, bson.A{2}})}})))},
		bson.A{d("$set", d("pad", "$$REMOVE")), d("$set", d("pad", "back", "zz", 1))},
	} {
		w.update("c", id(i), u)
		w.update("c", id(30+i), u)
		w.update("c", id(30+i), d("$set", d("last", i)))
	}
	w.update("c", d("_id", d("$gte", 50)), d("$set", d("multi", true)), "multi", true)
	w.update("c", d("_id", "ups", "k", 1), d("$set", d("n", 1)), "upsert", true)
	w.update("c", d("_id", "ups2"), d("n", 1), "upsert", true)
	w.do("findAndModify", "c", "query", id(1), "update", d("$set", d("fam", 1)))
	w.do("findAndModify", "c", "query", id(2), "remove", true)
	w.do("delete", "c", "deletes", bson.A{d("q", d("_id", d("$gte", 55)), "limit", 0), d("q", id(3), "limit", 1)})
	w.many("c2", 3)
	for i := range 200 { // one document's whole life again and again, so that a batch holds several of it
		w.do("insert", "c2", "documents", bson.A{d("_id", "hot", "n", i, "pad", padding)})
		w.update("c2", d("_id", "hot"), d("$inc", d("n", 1)))
		w.update("c2", d("_id", "hot"), d("$push", d("list", i)))
		if i%3 == 0 {
			w.update("c2", d("_id", "hot"), d("n", i, "replaced", padding))
			w.update("c2", d("_id", "hot"), d("$set", d("m", i)))
		}
		if i < 199 {
			w.do("delete", "c2", "deletes", bson.A{d("q", d("_id", "hot"), "limit", 1)})
		}
	}
}

func awkwardNames(w *world) {
	setField := func(name string, value any) bson.A {
		return bson.A{d("$replaceWith", d("$setField", d("field", d("$literal", name), "input", "$$ROOT", "value", d("$literal", value))))}
	}
	w.do("insert", "c", "documents", bson.A{
		d("_id", 1, "a", d("b", 1), "a.b", 2, "pad", padding),
		d("_id", 2, "a", d("0", "zero", "$x", 1, "", 2), "0", bson.A{1, 2, 3}, "", "empty", "pad", padding),
		d("_id", 3, "$x", 1, "pad", padding), d("_id", 4, "$set", d("a", 1)),
		d("_id", 5, "t", bson.Timestamp{T: 1}, "pad", padding),
	})
	w.update("c", d("_id", 1), setField("a.b", 3))
	w.update("c", d("_id", 1), d("$set", d("a.b", 4)))
	w.update("c", d("_id", 1), setField("a.c.d", d("x.y", 1)))
	w.update("c", d("_id", 2), d("$set", d("a.0", "one", "0.1", "two")))
	w.update("c", d("_id", 2), setField("", "still empty"))
	w.update("c", d("_id", 2), setField("0", bson.A{1, 2}))
	w.update("c", d("_id", 3), setField("$x", 2))
	w.update("c", d("_id", 3), setField("$y", d("$z", 1)))
	w.update("c", d("_id", 4), bson.A{d("$replaceWith", d("$literal", d("_id", 4, "$inc", 1, "t", bson.Timestamp{})))})
	w.update("c", d("_id", 5), d("$set", d("t", bson.Timestamp{})))
	w.update("c", d("_id", 6), bson.A{d("$replaceWith", d("$literal", d("_id", 6, "t", bson.Timestamp{}, "n", d("t", bson.Timestamp{}))))}, "upsert", true)
}

// ids are values of every type that an _id can have, no two of them equal.
func ids() []any {
	dec := func(s string) bson.Decimal128 {
		v, err := bson.ParseDecimal128(s)
		if err != nil {
			panic(err)
		}
		return v
	}
	return []any{
		nil, bson.MinKey{}, bson.MaxKey{}, true, false, int32(7), int64(1 << 60), int64(1<<60 + 1), 0.5, math.Inf(1), math.Inf(-1), math.NaN(),
		dec("0.1"), dec("1e400"), "", "a", "zNaN-key", bson.Symbol("sym"), bson.NewObjectID(), bson.DateTime(7), bson.Timestamp{}, bson.Timestamp{T: 7},
		bson.Binary{Data: []byte{1}}, bson.Binary{Subtype: 2, Data: []byte{1}}, bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.Binary{Data: make([]byte, 512)},
		bson.JavaScript("f"), bson.CodeWithScope{Code: "f", Scope: d("a", 1)}, bson.DBPointer{DB: "a.b", Pointer: bson.NewObjectID()},
		d(), d("a", 1), d("a", int64(2)), d("b", d("a", bson.A{1, 2.5})), d("a", 1, "b", 1), d("b", 1, "a", 1), d("$ref", "c", "$id", 1, "$db", "x"),
		d("r", bson.Regex{Pattern: "x"}), d("u", bson.Undefined{}), d("x", nil), strings.Repeat("long", 500), "שלום",
	}
}

func everyID(w *world) {
	for _, c := range []string{"c", "clustered"} {
		if c == "clustered" {
			w.do("create", c, "clusteredIndex", d("key", d("_id", 1), "unique", true))
		}
		for i, id := range ids() {
			w.do("insert", c, "documents", bson.A{d("_id", id, "n", i, "pad", padding)})
			w.update(c, d("_id", d("$eq", id)), d("$inc", d("n", 1)))
			w.update(c, d("n", i+1), d("n", i+1, "replaced", true, "pad", padding))
			if i%4 == 0 {
				w.do("delete", c, "deletes", bson.A{d("q", d("n", i+1), "limit", 1)})
			}
		}
	}
}

// togglingIDs turns 300 ids from one number type to another and back, in rounds.
func togglingIDs(w *world) {
	w.many("c", 300, "round", 0)
	as := []func(i int) any{
		func(i int) any { return float64(i) }, func(i int) any { return int64(i) },
		func(i int) any { return bson.NewDecimal128(0x3040<<48, uint64(i)) }, func(i int) any { return int32(i) },
	}
	const group = 30
	for round, id := range as {
		for i := 0; i < 300; i += group {
			var deletes, inserts, updates bson.A
			for k := i; k < i+group; k++ {
				deletes = append(deletes, d("q", d("_id", k), "limit", 1))
				inserts = append(inserts, d("_id", id(k), "round", round+1))
				updates = append(updates, d("q", d("_id", k), "u", d("$set", d("n", k))))
			}
			w.do("delete", "c", "deletes", deletes)
			w.do("insert", "c", "documents", inserts)
			w.do("update", "c", "updates", updates)
		}
	}
	w.update("c", d("_id", 5), d("_id", 5.0, "in place", true))
	w.update("c", d("_id", 5), d("$set", d("n", 9)))
	w.update("c", d("_id", 6), d("_id", int64(6), "in place", true))
	w.do("delete", "c", "deletes", bson.A{d("q", d("_id", 6), "limit", 1)})
	w.do("insert", "c", "documents", bson.A{d("_id", 6.0)})
}

func transactions(w *world) {
	w.many("x", 10, "n", 0, "pad", padding)
	session, err := w.app.StartSession()
	require.NoError(w.t, err)
	defer session.EndSession(w.t.Context())
	in := func(commit bool, f func(run func(command ...any))) {
		require.NoError(w.t, session.StartTransaction())
		ctx := mongo.NewSessionContext(w.t.Context(), session)
		f(func(command ...any) { require.NoError(w.t, w.db.RunCommand(ctx, d(command...)).Err()) })
		if commit {
			require.NoError(w.t, session.CommitTransaction(ctx))
		} else {
			require.NoError(w.t, session.AbortTransaction(ctx))
		}
	}
	for round := range 20 {
		in(round%5 != 4, func(run func(...any)) {
			for i := range 10 {
				run("update", "x", "updates", bson.A{d("q", d("_id", i), "u", d("$inc", d("n", 1)))})
			}
			run("insert", "y", "documents", bson.A{d("_id", round), d("_id", fmt.Sprint(round))})
			run("delete", "y", "deletes", bson.A{d("q", d("_id", round), "limit", 1)})
		})
	}
	in(true, func(run func(...any)) { // 24 MB in all: more than one entry of the oplog
		for i := range 6 {
			run("insert", "x", "documents", bson.A{d("_id", 100+i, "big", strings.Repeat("y", 4<<20))})
			run("update", "x", "updates", bson.A{d("q", d("_id", 0), "u", d("$inc", d("n", 1)))})
		}
		run("create", "made inside")
		run("insert", "made inside", "documents", bson.A{d("_id", 1)})
	})
}

func cappedOrder(w *world) {
	w.do("create", "log", "capped", true, "size", 1<<20)
	for i := range 120 {
		w.do("insert", "log", "documents", bson.A{d("_id", 1000-i, "n", 0), d("_id", fmt.Sprint(i), "n", 0)})
		switch {
		case i%5 == 1:
			w.do("delete", "log", "deletes", bson.A{d("q", d("_id", 1000-i), "limit", 1)})
		case i%5 == 2: // out, and to the end again
			w.do("delete", "log", "deletes", bson.A{d("q", d("_id", fmt.Sprint(i-2)), "limit", 1)})
			w.do("insert", "log", "documents", bson.A{d("_id", fmt.Sprint(i-2), "again", true)})
		case i%5 == 3:
			w.update("log", d("_id", fmt.Sprint(i)), d("$set", d("n", i)))
			w.update("log", d("_id", 1000-i), d("grown", padding))
		case i%5 == 4:
			w.update("log", d("_id", -i), bson.A{d("$replaceWith", d("$literal", d("_id", -i, "t", bson.Timestamp{})))}, "upsert", true)
		}
	}
	w.do("create", "small", "capped", true, "size", 4096) // overflows all the time
	for i := range 100 {
		w.do("insert", "small", "documents", bson.A{d("_id", i, "pad", padding)})
	}
}

func collatedIDs(w *world) {
	w.do("create", "c", "collation", d("locale", "en", "strength", 1))
	for i := range 100 {
		key := fmt.Sprintf("key%d", i%10)
		w.do("insert", "c", "documents", bson.A{d("_id", key, "n", 0), d("_id", d("sub", key), "n", 0), d("_id", i)})
		w.update("c", d("_id", strings.ToUpper(key)), d("$set", d("n", i)))
		w.do("delete", "c", "deletes", bson.A{d("q", d("_id", key), "limit", 1)})
		w.do("insert", "c", "documents", bson.A{d("_id", strings.ToUpper(key), "n", i)})
		if i < 90 {
			w.do("delete", "c", "deletes", bson.A{d("q", d("_id", key), "limit", 1), d("q", d("_id", d("sub", strings.ToUpper(key))), "limit", 1)})
		}
	}
}

func largeDocuments(w *world) {
	const most = 16<<20 - 100
	w.do("insert", "c", "documents", bson.A{d("_id", 1, "big", strings.Repeat("a", most))})
	w.update("c", d("_id", 1), d("big", strings.Repeat("b", most)))
	w.do("insert", "c", "documents", bson.A{d("_id", 2, "half", strings.Repeat("c", 9<<20))})
	w.update("c", d("_id", 2), d("$set", d("half", strings.Repeat("d", 9<<20))))
	w.update("c", d("_id", 2), d("$set", d("small", 1)))
}
