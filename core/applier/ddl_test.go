package applier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mdb"
)

// shape is what a database looks like apart from its documents: the keys of
// every collection's indexes, and every view.
func shape(t *testing.T, c *mongo.Client, prefix string) []string {
	t.Helper()
	var out []string
	dbs, err := c.ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: bson.Regex{Pattern: "^" + prefix + "(_|$)"}}})
	require.NoError(t, err)
	for _, db := range dbs {
		specs, err := c.Database(db).ListCollectionSpecifications(t.Context(), bson.D{})
		require.NoError(t, err)
		for _, spec := range specs {
			ns := db + "." + spec.Name
			if spec.Type == "view" {
				out = append(out, ns+" is a view: "+spec.Options.String())
				continue
			}
			if strings.HasPrefix(spec.Name, "system.") {
				continue
			}
			out = append(out, ns+" validates "+spec.Options.Lookup("validator").String())
			indexes, err := c.Database(db).Collection(spec.Name).Indexes().ListSpecifications(t.Context())
			require.NoError(t, err)
			for _, index := range indexes {
				out = append(out, ns+" has "+index.Name+" "+index.KeysDocument.String())
			}
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) sameShape() {
	w.t.Helper()
	require.Equal(w.t, shape(w.t, w.left, w.name), shape(w.t, w.right, w.name))
}

// rename renames a collection within the test's database.
func (w *world) rename(from, to string, more ...any) {
	w.t.Helper()
	cmd := append([]any{"renameCollection", w.name + "." + from, "to", w.name + "." + to}, more...)
	require.NoError(w.t, w.app.Database("admin").RunCommand(w.t.Context(), d(cmd...)).Err())
}

func TestSchemaChanges(t *testing.T) {
	p := newPair(t)
	for name, write := range map[string]func(w *world){
		"create, drop, create again": func(w *world) {
			for round := range 3 {
				w.do("create", "c", "validator", d("n", d("$type", "int")), "validationAction", "warn")
				w.many("c", 50, "n", round)
				w.update("c", d(), d("$set", d("m", round)), "multi", true)
				if round < 2 {
					w.do("drop", "c")
				}
			}
			w.many("implicit", 2)
		},
		"indexes": func(w *world) {
			w.many("c", 50, "a", 1)
			w.do("createIndexes", "c", "indexes", bson.A{d("key", d("b", 1), "name", "b", "expireAfterSeconds", 100), d("key", d("a", 1), "name", "a")})
			w.many("d", 5)
			w.do("createIndexes", "d", "indexes", bson.A{d("key", d("x", 1), "name", "x", "unique", true, "partialFilterExpression", d("x", d("$gt", 1)))})
			w.do("insert", "d", "documents", bson.A{d("_id", 100, "x", 5)})
			w.update("d", d("_id", 1), d("$set", d("x", 6)))
			w.update("d", d("_id", 100), d("$set", d("x", 7)))
			w.update("d", d("_id", 1), d("$set", d("x", 5))) // a unique value handed on
			w.do("dropIndexes", "c", "index", "a")
			w.do("collMod", "c", "index", d("name", "b", "expireAfterSeconds", 200))
			w.do("collMod", "c", "index", d("name", "b", "hidden", true))
			w.do("collMod", "c", "validator", d("a", d("$exists", true)), "validationLevel", "moderate")
			w.do("insert", "c", "documents", bson.A{d("_id", 99)}, "bypassDocumentValidation", true)
		},
		"rename chain and swap": func(w *world) {
			w.many("a", 20, "from", "a")
			w.many("b", 30, "from", "b")
			for round := range 3 {
				w.rename("a", "tmp")
				w.update("tmp", d("_id", 1), d("$set", d("while tmp", round)))
				w.rename("b", "a")
				w.update("a", d("_id", 2), d("$set", d("now a", round)))
				w.rename("tmp", "b")
				w.update("b", d("_id", 3), d("$set", d("now b", round)))
			}
			w.many("c", 5, "from", "c")
			w.rename("c", "b", "dropTarget", true)
			w.do("insert", "c", "documents", bson.A{d("_id", 1, "a new", "c")})
			w.update("b", d("_id", 4), d("$set", d("last", true)))
		},
		"views": func(w *world) {
			w.many("c", 3, "n", 1)
			w.do("create", "v", "viewOn", "c", "pipeline", bson.A{d("$match", d("n", 1))})
			w.do("create", "v2", "viewOn", "c", "pipeline", bson.A{}, "collation", d("locale", "de"))
			w.do("collMod", "v", "viewOn", "c", "pipeline", bson.A{d("$match", d("n", 2))})
			w.do("create", "gone", "viewOn", "c", "pipeline", bson.A{})
			w.do("drop", "gone")
		},
		"drop a database": func(w *world) {
			w.many("c", 10)
			w.many("c2", 10)
			w.do("create", "v", "viewOn", "c", "pipeline", bson.A{})
			w.do("dropDatabase", 1)
			w.many("c", 5, "second", "life")
		},
		"aggregate into a collection": func(w *world) {
			w.many("c", 20, "n", 1)
			w.many("out", 3)
			w.do("aggregate", "c", "pipeline", bson.A{d("$match", d("_id", d("$lt", 10))), d("$out", "out")}, "cursor", d())
			w.update("out", d("_id", 1), d("$set", d("after", true)))
			w.do("aggregate", "c", "pipeline", bson.A{d("$merge", "merged")}, "cursor", d())
		},
		"across databases": func(w *world) {
			w.many("c", 10)
			require.NoError(w.t, w.app.Database("admin").RunCommand(w.t.Context(), d("renameCollection", w.name+".c", "to", w.name+"_2.c")).Err())
			_, err := w.app.Database(w.name+"_2").Collection("c").InsertOne(w.t.Context(), d("_id", "later"))
			require.NoError(w.t, err)
		},
		"clone as capped": func(w *world) { // its documents come as migration events only
			w.many("c", 10)
			w.do("cloneCollectionAsCapped", "c", "toCollection", "capped", "size", 100000)
			w.do("insert", "capped", "documents", bson.A{d("_id", "later")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			r := w.run(w.config())
			write(w)
			r.finish()
			w.same()
			w.sameShape()
			require.Empty(t, w.failures())
			require.False(t, r.Status().DDLApplied.IsZero())
		})
	}
}

// TestLastSchemaChangeIsReplayed is a crash right after a schema change, before
// its checkpoint.
func TestLastSchemaChangeIsReplayed(t *testing.T) {
	p := newPair(t)
	for name, steps := range map[string][]func(w *world){
		"rename": {
			func(w *world) { w.many("a", 20) },
			func(w *world) { w.rename("a", "b") },
			func(w *world) { w.many("a", 3, "new", true) },
		},
		"drop": {
			func(w *world) { w.many("a", 20) }, func(w *world) { w.do("drop", "a") }, func(w *world) { w.many("a", 3) },
		},
		"create": {
			func(*world) {}, func(w *world) { w.do("create", "a") }, func(w *world) { w.many("a", 3) },
		},
		"drop a database": {
			func(w *world) { w.many("a", 3) }, func(w *world) { w.do("dropDatabase", 1) }, func(w *world) { w.many("b", 3) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			steps[0](w)
			w.replay()
			before := w.position()
			w.rewind(before)
			steps[1](w)
			w.replay()
			w.rewind(before) // the checkpoint behind the change was lost
			w.replay()
			steps[2](w)
			w.rewind(before)
			w.replay()
			w.same()
		})
	}
}

func TestOnlyKeptNamespaces(t *testing.T) {
	p := newPair(t)
	only := func(w *world) {
		w.keep = func(ns mdb.Namespace) bool { return ns.DB == w.name && strings.HasPrefix(ns.Coll, "kept") }
	}
	t.Run("others are left out", func(t *testing.T) {
		w := p.world(t)
		only(w)
		r := w.run(w.config())
		w.many("other", 10)
		w.do("createIndexes", "other", "indexes", bson.A{d("key", d("x", 1), "name", "x")})
		w.do("create", "view", "viewOn", "kept", "pipeline", bson.A{})
		w.many("kept", 10)
		w.do("drop", "other")
		r.finish()
		require.Equal(t, []string{w.name + ".kept"}, names(scan(t, w.right, w.name)))
	})
	for name, way := range map[string][2]string{"into": {"other", "kept"}, "out of": {"kept", "other"}} {
		t.Run("rename "+name+" the filter", func(t *testing.T) {
			w := p.world(t)
			only(w)
			r := w.run(w.config())
			w.many(way[0], 3)
			w.rename(way[0], way[1])
			require.ErrorContains(t, r.wait(), "only one of the two names takes part in the sync")
		})
	}
}
