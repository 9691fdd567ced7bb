//go:build unix

package main_test

import (
	"net/http"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
)

// slowly has a side take its time for one command of the engine, and calls do
// meanwhile; when it returns, the server waits for that command. The channel is
// closed when do has returned.
func (w *world) slowly(side int, command string, do func()) <-chan struct{} {
	w.t.Helper()
	raw := w.command(side, "configureFailPoint", "failCommand", "mode", d("times", 1), "data",
		d("failCommands", bson.A{command}, "appName", "revsync", "blockConnection", true, "blockTimeMS", 3000))
	times, _ := raw.Lookup("count").AsInt64OK()
	ended := make(chan struct{})
	go func() { defer close(ended); do() }()
	w.command(side, "waitForFailPoint", "failCommand", "timesEntered", times+1, "maxTimeMS", 30_000)
	return ended
}

// running begins when start was accepted and the copy is held.
func (w *world) running(seen errorNames) {
	w.neverBothOpen()
	w.server.until("the fault to show", patience, func(p progress) bool { return p.LastError != nil })
	seen.refused(w.server, "CannotCommit", http.MethodPost, "commit", "{}")
	require.Equal(w.t, "RUNNING", w.server.progress().State)
	w.refuses(1)
	w.release(1)
	w.canCommit()
	w.closed(1)
	w.holds(1, "insert", "namespace", "shop.users")
	w.insert(0, "shop", "users", d("_id", "held", "email", "held", "number", -1))
	w.server.until("the fault to show", patience, func(p progress) bool { return p.LastError != nil })
	seen.row(w.server, "RUNNING")

	w.server.post("pause", "{}")
	require.Empty(w.t, w.server.state("PAUSED").lastError(), "what held the work up is over with the work")
	w.release(1)
}

// paused begins and ends in RUNNING.
func (w *world) paused(seen errorNames) {
	seen.row(w.server, "PAUSED")
	w.closed(1)
	w.fails(0, "aggregate")
	seen.refused(w.server, "InternalError", http.MethodPost, "resume", "{}")
	require.Equal(w.t, "PAUSED", w.server.progress().State)
	w.server.post("resume", "{}")
	w.server.state("RUNNING")
	w.canCommit()
	w.closed(1)
}

// committing goes through a commit that fails and is undone, one that waits for
// a transaction, and ends in COMMITTED.
func (w *world) committing(seen errorNames) {
	w.fails(1, "collMod")
	w.server.post("commit", "{}")
	p := w.server.until("the commit to be undone", patience, func(p progress) bool { return p.State == "RUNNING" && p.LastError != nil })
	require.Contains(w.t, p.lastError(), "commit was undone")
	w.insert(0, "shop", "users", d("_id", "open again", "email", "open again", "number", -2))
	w.closed(1)

	w.canCommit()
	end := w.openTransaction(0)
	w.server.post("commit", "{}")
	w.server.until("the transaction to show", patience, func(p progress) bool { return len(p.Warnings) > 0 })
	seen.row(w.server, "COMMITTING")
	w.closed(1)
	end()
	w.server.state("COMMITTED")
	seen.row(w.server, "COMMITTED")
	w.closed(0)
	w.equal()
	w.open = 1
	w.requireRestored()
	w.insert(1, "shop", "users", d("_id", "written on cluster1", "email", "one", "number", -3))
}

// reversing goes through a reverse that is held at its switch and the commit back.
func (w *world) reversing(seen errorNames) {
	w.holds(0, "insert", "namespace", "revsync_internal.record")
	w.server.post("reverse", "{}")
	w.server.until("the switch", patience, func(p progress) bool { return p.Step != nil && *p.Step == "switch" })
	seen.row(w.server, "REVERSING")
	w.closed(0)
	w.insert(1, "shop", "users", d("_id", "written while reversing", "email", "two", "number", -4))
	w.release(0)
	require.Equal(w.t, "cluster1: "+w.sides[1].Hosts()[0], w.reversed(1).DirectionMapping.Source)
	seen.row(w.server, "RUNNING")
	w.closed(0)
	w.canCommit()
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	seen.row(w.server, "COMMITTED")
	w.closed(1)
	w.equal()
	w.open = 0
	w.requireRestored()
	users := w.client(0, mongotest.App).Database("shop").Collection("users")
	for _, id := range []string{"held", "open again", "written on cluster1", "written while reversing"} {
		require.NoError(w.t, users.FindOne(w.t.Context(), d("_id", id)).Err(), id)
	}
	w.server.stop()
}

// notReversible is a sync between two other clusters without a way back.
func (w *world) notReversible(seen errorNames) {
	other := newWorld(w.t, plain)
	other.load()
	other.launch()
	other.server.state("IDLE")
	other.server.post("start", `{"source":"cluster0","destination":"cluster1"}`)
	other.canCommit()
	other.closed(1)
	other.server.post("commit", "{}")
	other.server.state("COMMITTED")
	seen.refused(other.server, "NotReversible", http.MethodPost, "reverse", "{}")
	require.Equal(w.t, "COMMITTED", other.server.progress().State)
	other.equal()
}
