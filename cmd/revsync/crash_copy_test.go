//go:build unix

package main_test

import (
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
)

// copyCrashes are the points of an initial sync in their order.
var copyCrashes = []crash{
	{at: "record.before-write"},
	{at: "record.after-write"},
	{at: "copy.position.taken"},
	{at: "record.before-write#2"}, // the first one is the new owner's name
	{at: "record.after-write#2"},
	{at: "schema.adopt.intent"},
	{at: "schema.create.created"},
	{at: "schema.create.recorded"},
	{at: "schema.adopt.collections"},
	{at: "schema.create-view.created"},
	{at: "copy.schema.done"},
	{at: "schema.adopt.stale", setup: func(w *world) { w.define(0, "shop", "drop", "doomed") }},
	{at: "copy.partition.done"},
	{at: "copy.range.copied"},
	{at: "copy.range.done#3"},
}

// afterSomeRanges are the points of the rest of the copy.
var afterSomeRanges = []crash{
	{at: "copy.collection.done"},
	{at: "schema.build.done"},
	{at: "copy.indexes.done"},
	{at: "copy.all.done"},
}

// applyCrashes are the points of change application, each with a change that
// leads there.
var applyCrashes = []crash{
	{"apply.batch.before-write", func(w *world) { w.insert(0, "shop", "users", d("_id", "a", "email", "a", "number", -1)) }},
	{"apply.batch.after-write", func(w *world) { w.insert(0, "shop", "users", d("_id", "b", "email", "b", "number", -2)) }},
	{"apply.checkpoint.before", func(w *world) { w.insert(0, "shop", "sessions", d("_id", "c", "at", inTheYear2100)) }},
	{"apply.checkpoint.after", func(w *world) { w.insert(0, "shop", "sessions", d("_id", "d", "at", inTheYear2100)) }},
	{"apply.ddl.before", func(w *world) {
		w.define(0, "ddl", "create", "a")
		w.insert(0, "ddl", "a", d("_id", 1, "x", 1), d("_id", 2, "x", 2))
	}},
	{"apply.ddl.after", func(w *world) { w.define(0, "ddl", "create", "b"); w.insert(0, "ddl", "b", d("_id", 3)) }},
	{"schema.create.intent", func(w *world) { w.define(0, "ddl", "create", "c", "capped", true, "size", 4096) }},
	{"schema.create-indexes.intent", func(w *world) {
		w.define(0, "ddl", "createIndexes", "a", "indexes", bson.A{d("name", "x", "key", d("x", 1), "unique", true)})
	}},
	{"schema.drop-indexes.dropped", func(w *world) { w.define(0, "ddl", "dropIndexes", "a", "index", "x") }},
	{"schema.modify.recorded", func(w *world) {
		w.define(0, "shop", "collMod", "sessions", "index", d("name", "expiry", "expireAfterSeconds", 7200))
	}},
	{"schema.coll-mod.done", func(w *world) { w.define(0, "ddl", "collMod", "b", "validator", d("_id", d("$gt", 0))) }},
	{"schema.drop.dropped", func(w *world) { w.define(0, "ddl", "drop", "c") }},
	{"schema.rename.target-dropped", func(w *world) { w.rename("ddl.a", "ddl.b") }},
	{"schema.rename.renamed", func(w *world) { w.rename("ddl.b", "ddl.e") }},
	{"schema.drop-database.view", func(w *world) {
		w.define(0, "gone", "create", "view", "viewOn", "nothing", "pipeline", bson.A{})
		w.define(0, "gone", "dropDatabase", 1)
	}},
	{"schema.reveal.created", func(w *world) {
		w.hideViews(1, "views")
		w.define(0, "views", "drop", "view")
	}},
}

// hideViews has a closed side lose sight of the views of a database that holds
// nothing else.
func (w *world) hideViews(side int, database string) {
	w.t.Helper()
	db := w.client(side, mongotest.DDL).Database(database)
	require.ErrorContains(w.t, db.Drop(w.t.Context()), "UserWritesBlocked")
	names, err := db.ListCollectionNames(w.t.Context(), d("type", "view"))
	require.NoError(w.t, err)
	require.Empty(w.t, names)
}

func (w *world) rename(from, to string) {
	w.t.Helper()
	w.command(0, "renameCollection", from, "to", to, "dropTarget", true)
}

// crashInCopy has a crash at each point of the start and of the copy.
func (w *world) crashInCopy() {
	w.load()
	w.define(0, "shop", "create", "doomed")
	w.startTraffic(light)
	w.startThrough("write.before-send", "start.recorded")
	w.crashes(copyCrashes...)
	w.neverBothOpen()
	w.keepsFinishedRanges(func() {
		w.crashes(afterSomeRanges...)
		w.survive()
		w.canCommit()
	})
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.crossed()
	w.requireRestored()
}

// crashInChanges has a crash at each point of change application, and at those
// within steps of commit and reverse.
func (w *world) crashInChanges() {
	w.load()
	w.define(0, "views", "create", "view", "viewOn", "nothing", "pipeline", bson.A{})
	w.startTraffic(light)
	w.startThrough("start.fenced")
	w.refuses(1)
	w.survive()
	w.neverBothOpen()
	w.canCommit()
	w.server.stop()
	w.crashes(applyCrashes...)
	w.survive()

	w.arm(crash{at: "schema.restore.built"})
	w.canCommit()
	w.crashesAfter("commit", "{}", crash{at: "schema.restore.built"})
	w.survive()
	w.server.state("COMMITTED")
	w.crossed()
	w.requireRestored()

	handOver := at("schema.drop-catalog.deleted", "schema.drop-catalog.deleted#2", "schema.hand-over.stored", "schema.hand-over.marked")
	w.arm(handOver[0])
	w.server.state("COMMITTED")
	w.crashesAfter("reverse", "{}", handOver...)
	w.survive()
	w.reversed(1)
	w.busy()
	w.canCommit()
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.crossed()
	w.requireRestored()
}

// startThrough sends start to servers that die before the sync is recorded or
// after. Only the latter is a start that a restart can know of; the former leaves
// IDLE behind, both sides as they were, and start can be sent again.
func (w *world) startThrough(points ...string) {
	w.t.Helper()
	for _, p := range points {
		w.launch("REVSYNC_CRASH_AT=" + p)
		w.server.state("IDLE")
		w.crashesAfter("start", startBody, crash{at: p})
	}
}
