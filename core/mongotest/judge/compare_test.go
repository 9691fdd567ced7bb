package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/judge"
)

func TestEqualSides(t *testing.T) {
	reset(t)
	found := compare(t)
	require.True(t, found.None(), "%s", found)
	require.NoError(t, found.Err())
	require.Equal(t, 4, found.Namespaces)
	require.EqualValues(t, 300+10+3, found.Documents)
	require.Equal(t, "no differences in 4 collections and views, 313 documents", found.String())
}

// TestNotCompared changes what is each side's own business.
func TestNotCompared(t *testing.T) {
	b := reset(t).b
	for _, name := range []string{"config", "revsync_internal", "admin"} {
		require.NoError(t, b.Database(name).RunCommand(t.Context(), d("insert", "own", "documents", bson.A{d("_id", 1)})).Err())
		defer func() { require.NoError(t, b.Database(name).Collection("own").Drop(t.Context())) }()
	}
	command(t, b, d("create", "gone", "viewOn", "c", "pipeline", bson.A{})) // leaves a trace in system.views
	command(t, b, d("drop", "gone"))
	command(t, b, d("dropIndexes", "c", "index", "back"))
	command(t, b, d("createIndexes", "c", "indexes", bson.A{index("back", d("n", -1))})) // now the last one
	command(t, b, d("collMod", "log", "cappedSize", int64(4000)))                        // which create rounds up to 4096
	command(t, b, d("collMod", "c", "index", d("name", "ttl", "expireAfterSeconds", int64(1000))))
	found := compare(t)
	require.True(t, found.None(), "%s", found)
}

// TestHiddenView has a side refuse a user's dropDatabase, which makes it lose sight
// of its views: they are still there.
func TestHiddenView(t *testing.T) {
	set := mongotest.New(t, mongotest.Options{})
	one, other := set.Client(t, mongotest.Root), reset(t).b
	for _, name := range []string{"t", "u"} {
		require.NoError(t, other.Database(name).Drop(t.Context()))
	}
	for _, side := range []*mongo.Client{one, other} {
		command(t, side, d("create", "view", "viewOn", "c", "pipeline", bson.A{}))
	}
	require.NoError(t, one.Database("admin").RunCommand(t.Context(), d("setUserWriteBlockMode", 1, "global", true)).Err())
	require.ErrorContains(t, set.Client(t, mongotest.DDL).Database("t").Drop(t.Context()), "UserWritesBlocked")
	names, err := one.Database("t").ListCollectionNames(t.Context(), d("type", "view"))
	require.NoError(t, err)
	require.Empty(t, names)
	found, err := judge.Compare(t.Context(), one, other)
	require.NoError(t, err)
	require.NoError(t, found.Err())
	require.Equal(t, 1, found.Namespaces)
}

// TestPlanted plants one difference at a time, and expects that one, by name.
func TestPlanted(t *testing.T) {
	replace := func(doc bson.D) bson.D {
		return d("update", "c", "updates", bson.A{d("q", d("_id", doc[0].Value), "u", doc)})
	}
	remove := func(coll string, id any) bson.D {
		return d("delete", coll, "deletes", bson.A{d("q", d("_id", id), "limit", 1)})
	}
	e := d("x", 7, "y", bson.A{1, 2})
	b := reset(t).b
	for name, c := range map[string]struct {
		commands []bson.D
		want     judge.Difference
	}{
		"missing document": {[]bson.D{remove("c", 150)},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"150"}`, What: "the document is on side a only: "}},
		"missing last document": {[]bson.D{remove("c", 299)},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"299"}`, What: "the document is on side a only: "}},
		"extra document": {[]bson.D{d("insert", "c", "documents", bson.A{d("_id", 150.5, "n", 0)})},
			judge.Difference{Namespace: "t.c", ID: `{"$numberDouble":"150.5"}`, What: "the document is on side b only: "}},
		"extra last document": {[]bson.D{d("insert", "c", "documents", bson.A{d("_id", "z", "n", 0)})},
			judge.Difference{Namespace: "t.c", ID: `"z"`, What: "the document is on side b only: "}},
		"field order": {[]bson.D{replace(d("_id", 7, "s", "text", "n", 7, "e", e))},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"7"}`, What: "fields of the document in another order: _id,n,s,e on side a, _id,s,n,e on side b"}},
		"field order below": {[]bson.D{replace(d("_id", 7, "n", 7, "s", "text", "e", d("y", bson.A{1, 2}, "x", 7)))},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"7"}`, What: "fields of e in another order: x,y on side a, y,x on side b"}},
		"int and double": {[]bson.D{replace(d("_id", 7, "n", 7.0, "s", "text", "e", e))},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"7"}`, What: `field n: {"$numberInt":"7"} on side a, {"$numberDouble":"7.0"} on side b`}},
		"value below": {[]bson.D{replace(d("_id", 7, "n", 7, "s", "text", "e", d("x", 7, "y", bson.A{1, 3})))},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"7"}`, What: `field e.y.1: {"$numberInt":"2"} on side a, {"$numberInt":"3"} on side b`}},
		"missing field": {[]bson.D{replace(d("_id", 7, "n", 7, "e", e))},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"7"}`, What: `field s: "text" on side a, nothing on side b`}},
		"type of an _id": {[]bson.D{remove("c", 7), d("insert", "c", "documents", bson.A{d("_id", 7.0, "n", 7, "s", "text", "e", e)})},
			judge.Difference{Namespace: "t.c", ID: `{"$numberInt":"7"}`, What: `the same _id is {"$numberDouble":"7.0"} on side b`}},
		"case of a collated _id": {[]bson.D{remove("words", "banana"), d("insert", "words", "documents", bson.A{d("_id", "banana")})},
			judge.Difference{Namespace: "t.words", ID: `"Banana"`, What: `the same _id is "banana" on side b`}},
		"missing collated document": {[]bson.D{remove("words", "banana")},
			judge.Difference{Namespace: "t.words", ID: `"Banana"`, What: "the document is on side a only: "}},
		"missing index": {[]bson.D{d("dropIndexes", "c", "index", "plain")},
			judge.Difference{Namespace: "t.c", What: "the index plain is on side a only: "}},
		"extra index": {[]bson.D{d("createIndexes", "c", "indexes", bson.A{index("more", d("more", 1))})},
			judge.Difference{Namespace: "t.c", What: "the index more is on side b only: "}},
		"unique": {[]bson.D{d("collMod", "c", "index", d("name", "unique", "forceNonUnique", true))},
			judge.Difference{Namespace: "t.c", What: "index unique: option unique: true on side a, nothing on side b"}},
		"prepared unique": {[]bson.D{d("collMod", "c", "index", d("name", "plain", "prepareUnique", true))},
			judge.Difference{Namespace: "t.c", What: "index plain: option prepareUnique: nothing on side a, true on side b"}},
		"TTL": {[]bson.D{d("collMod", "c", "index", d("name", "ttl", "expireAfterSeconds", 2147483647))},
			judge.Difference{Namespace: "t.c", What: "index ttl: option expireAfterSeconds: "}},
		"hidden": {[]bson.D{d("collMod", "c", "index", d("name", "hidden", "hidden", false))},
			judge.Difference{Namespace: "t.c", What: "index hidden: option hidden: true on side a, nothing on side b"}},
		"index key": {[]bson.D{d("dropIndexes", "c", "index", "back"), d("createIndexes", "c", "indexes", bson.A{index("back", d("n", -1.5))})},
			judge.Difference{Namespace: "t.c", What: `index back: option key: {"n": {"$numberInt":"-1"}} on side a, {"n": {"$numberDouble":"-1.5"}} on side b`}},
		"validator": {[]bson.D{d("collMod", "c", "validator", d("n", d("$exists", false)))},
			judge.Difference{Namespace: "t.c", What: "option validator: "}},
		"validation level": {[]bson.D{d("collMod", "c", "validationLevel", "strict")},
			judge.Difference{Namespace: "t.c", What: `option validationLevel: "moderate" on side a, "strict" on side b`}},
		"capped size": {[]bson.D{d("collMod", "log", "cappedSize", 8192)},
			judge.Difference{Namespace: "t.log", What: "option size: "}},
		"capped limit": {[]bson.D{d("collMod", "log", "cappedMax", 100)},
			judge.Difference{Namespace: "t.log", What: "option max: nothing on side a, "}},
		"capped order": {[]bson.D{remove("log", 3), d("insert", "log", "documents", bson.A{d("_id", 3)})},
			judge.Difference{Namespace: "t.log", ID: `{"$numberInt":"3"}`, What: `natural order: at position 3 side b has {"$numberInt":"4"}`}},
		"view": {[]bson.D{d("collMod", "view", "viewOn", "c", "pipeline", bson.A{d("$match", d("n", 2))})},
			judge.Difference{Namespace: "t.view", What: "option pipeline: "}},
		"missing view": {[]bson.D{d("drop", "view")},
			judge.Difference{Namespace: "t.view", What: "the view is on side a only"}},
		"view in place of a collection": {[]bson.D{d("drop", "words"), d("create", "words", "viewOn", "c", "pipeline", bson.A{})},
			judge.Difference{Namespace: "t.words", What: "it is a collection on side a and a view on side b"}},
		"missing collection": {[]bson.D{d("drop", "words")},
			judge.Difference{Namespace: "t.words", What: "the collection is on side a only"}},
		"extra empty collection": {[]bson.D{d("create", "more")},
			judge.Difference{Namespace: "t.more", What: "the collection is on side b only"}},
	} {
		t.Run(name, func(t *testing.T) {
			resetOne(t, b)
			for _, one := range c.commands {
				command(t, b, one)
			}
			found := compare(t)
			require.Len(t, found.List, 1, "%s", found)
			got := found.List[0]
			require.Contains(t, got.What, c.want.What)
			got.What = c.want.What
			require.Equal(t, c.want, got)
			require.ErrorContains(t, found.Err(), c.want.Namespace)
		})
	}
}

func TestMissingDatabase(t *testing.T) {
	a := reset(t).a
	require.NoError(t, a.Database("u").CreateCollection(t.Context(), "c"))
	require.Equal(t, []judge.Difference{{Namespace: "u.c", What: "the collection is on side a only"}}, compare(t).List)
}

// TestManyDifferences wants each document of a gap named rightly, and the end of
// the scan after enough of them.
func TestManyDifferences(t *testing.T) {
	b := reset(t).b
	gap := func(below int) {
		command(t, b, d("delete", "c", "deletes", bson.A{d("q", d("_id", d("$gte", 100, "$lt", below)), "limit", 0)}))
	}
	gap(115)
	found := compare(t)
	require.Len(t, found.List, 15)
	require.False(t, found.Cut)
	for i, one := range found.List {
		require.Equal(t, bson.RawValue{Type: bson.TypeInt32, Value: []byte{byte(100 + i), 0, 0, 0}}.String(), one.ID)
	}
	gap(200)
	found = compare(t)
	require.Len(t, found.List, judge.MaxPerCollection)
	require.True(t, found.Cut)
	require.Contains(t, found.Err().Error(), "perhaps more")
}

// TestManyTypes has an _id of each type that one can have, all in one collection.
func TestManyTypes(t *testing.T) {
	both := reset(t)
	decimal, err := bson.ParseDecimal128("2.5")
	require.NoError(t, err)
	ids := bson.A{bson.MinKey{}, nil, int32(1), 1.5, int64(2), decimal, bson.Symbol("s"), "t", d("a", 1), d("a", 1, "b", 2),
		bson.Binary{Data: []byte{1}}, bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.ObjectID{1}, false, true,
		bson.DateTime(5), bson.Timestamp{T: 1, I: 2}, bson.DBPointer{DB: "d", Pointer: bson.ObjectID{2}},
		bson.JavaScript("f"), bson.CodeWithScope{Code: "f", Scope: d("a", 1)}, bson.MaxKey{}}
	for _, side := range []*mongo.Client{both.a, both.b} {
		insert(t, side, "ids", len(ids), func(i int) bson.D { return d("_id", ids[i]) })
	}
	require.NoError(t, compare(t).Err())
	for _, id := range ids {
		_, err := both.b.Database("t").Collection("ids").DeleteOne(t.Context(), d("_id", d("$eq", id)))
		require.NoError(t, err)
		found := compare(t)
		require.Len(t, found.List, 1, "%v: %s", id, found)
		require.Contains(t, found.List[0].What, "side a only")
		insert(t, both.b, "ids", 1, func(int) bson.D { return d("_id", id) })
	}
}

func TestNoVerdictWithoutAServer(t *testing.T) {
	dead, err := mongo.Connect()
	require.NoError(t, err)
	require.NoError(t, dead.Disconnect(t.Context()))
	_, err = judge.Compare(t.Context(), shared.a, dead)
	require.ErrorContains(t, err, "side b")
}
