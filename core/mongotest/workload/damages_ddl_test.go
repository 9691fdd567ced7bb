package workload_test

import (
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// collectionLike finds a collection whose entry in the catalog has a field.
func (v victim) collectionLike(filter bson.D) string {
	v.Helper()
	names, err := v.ListCollectionNames(v.Context(), append(filter, d("name", d("$not", bson.Regex{Pattern: `^system\.`}))...))
	require.NoError(v, err)
	require.NotEmpty(v, names, "take another seed or more writes")
	return names[0]
}

// indexLike finds an index that has a field, with the collection that it is of.
func (v victim) indexLike(field string) (collection, index string) {
	v.Helper()
	names, err := v.ListCollectionNames(v.Context(), d("type", "collection"))
	require.NoError(v, err)
	for _, name := range names {
		specs, err := v.Collection(name).Indexes().List(v.Context())
		require.NoError(v, err)
		for specs.Next(v.Context()) {
			if index, _ := specs.Current.Lookup("name").StringValueOK(); index != "_id_" && !specs.Current.Lookup(field).IsZero() {
				return name, index
			}
		}
	}
	require.Fail(v, "no index has "+field+": take another seed")
	return "", ""
}

var plainCollection = d("type", "collection")

var ddlDamages = []damage{
	{"index hidden", func(v victim) {
		collection, index := v.indexLike("name")
		v.run("collMod", collection, "index", d("name", index, "hidden", true))
	}, "has hidden true and expires"},
	{"TTL still parked", func(v victim) {
		collection, index := v.indexLike("expireAfterSeconds")
		v.run("collMod", collection, "index", d("name", index, "expireAfterSeconds", 2147483647))
	}, "and expires after 2147483647"},
	{"index lost", func(v victim) {
		collection, index := v.indexLike("name")
		v.run("dropIndexes", collection, "index", index)
	}, " is not there"},
	{"index invented", func(v victim) {
		v.run("createIndexes", v.collectionLike(plainCollection), "indexes", bson.A{d("key", d("z", 1), "name", "z")})
	}, "index z must not be there"},
	{"validator", func(v victim) {
		v.run("collMod", v.collectionLike(plainCollection), "validator", d("version", d("$ne", 99999)))
	}, "it has validator 99999, and must have"},
	{"document lost", func(v victim) {
		for _, name := range []string{"alpha", "beta", "gamma", "delta", "epsilon"} {
			if len(v.ids(name)) > 0 {
				v.remove(name, d("_id", v.ids(name)[0]))
				return
			}
		}
		require.Fail(v, "no documents: take another seed")
	}, "documents, and must hold"},
	{"document of another collection", func(v victim) {
		v.run("insert", v.collectionLike(plainCollection), "documents", bson.A{d("_id", "stranger", "birth", 12345)}, "bypassDocumentValidation", true)
	}, "it holds a document of collection 12345"},
	{"view changed", func(v victim) {
		v.run("collMod", v.collectionLike(d("type", "view")), "viewOn", "nowhere", "pipeline", bson.A{})
	}, "the view is on nowhere in version 0"},
	{"view lost", func(v victim) { v.run("drop", v.collectionLike(d("type", "view"))) }, "view damaged_ddl_ddl_0_0.view_"},
	{"collection of another kind", func(v victim) {
		name := v.collectionLike(d("type", "collection", "options.capped", d("$ne", true)))
		v.run("drop", name)
		v.run("create", name, "capped", true, "size", 1<<20)
	}, "it is capped, and must be"},
	{"collection lost", func(v victim) { v.run("drop", v.collectionLike(plainCollection)) }, "collection damaged_ddl_ddl_0_0."},
	{"collection invented", func(v victim) { v.run("create", "stranger") }, "stranger: the collection must not be there"},
}
