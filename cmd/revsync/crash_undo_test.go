//go:build unix

package main_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// illegalOperation is an error of a server that trying again does not cure.
const illegalOperation = 20

// fails makes the next calls of one of the engine's commands fail on a side.
func (w *world) fails(side int, command string, more ...any) {
	w.t.Helper()
	w.failsTimes(1, side, command, more...)
}

func (w *world) failsTimes(times, side int, command string, more ...any) {
	w.t.Helper()
	data := append(d("failCommands", bson.A{command}, "appName", "revsync", "errorCode", illegalOperation), d(more...)...)
	w.command(side, "configureFailPoint", "failCommand", "mode", d("times", times), "data", data)
}

// crashInUndo has steps of both plans fail before the point of no return, and a
// crash at each point of the undoing. Then it fails a step after it, which is
// tried again until it works.
func (w *world) crashInUndo() {
	w.load()
	w.startTraffic(light)
	w.launch()
	w.server.state("IDLE")
	w.server.post("start", startBody)
	w.neverBothOpen()

	w.undoneCommit(func() { w.fails(0, "setUserWriteBlockMode") },
		"commit.undo-fence-source.before", "commit.undo-fence-source.done")
	w.undoneCommit(func() { w.fails(1, "collMod") },
		"commit.undo-restore-destination.before", "commit.undo-restore-destination.done")

	w.canCommit()
	w.failsTimes(2, 1, "setUserWriteBlockMode")
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.crossed()
	w.requireRestored()

	w.undoneReverse(func() { w.fails(0, "collMod") },
		"reverse.undo-relax-destination.before", "reverse.undo-relax-destination.done",
		"reverse.undo-hand-over-metadata.before", "reverse.undo-hand-over-metadata.done")
	w.undoneReverse(func() { w.fails(0, "update", "namespace", "revsync_internal.collections") },
		"reverse.undo-hand-over-metadata.before")

	w.server.post("reverse", "{}")
	w.reversed(1)
	w.busy()
	w.canCommit()
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.crossed()
	w.requireRestored()
}

// undoneCommit sends a commit that fails, and crashes while it is being undone.
// Afterwards the sync runs as before, says why, and users write to the source.
func (w *world) undoneCommit(fault func(), points ...string) {
	w.t.Helper()
	list := at(points...)
	w.arm(list[0])
	w.canCommit()
	fault()
	w.crashesAfter("commit", "{}", list...)
	w.survive()
	p := w.server.state("RUNNING")
	require.Contains(w.t, p.lastError(), "commit was undone")
	w.refuses(1)
	w.again()
}

// undoneReverse is the same for a reverse, which leaves COMMITTED as it was.
func (w *world) undoneReverse(fault func(), points ...string) {
	w.t.Helper()
	list := at(points...)
	w.arm(list[0])
	w.server.state("COMMITTED")
	fault()
	w.crashesAfter("reverse", "{}", list...)
	w.survive()
	p := w.server.state("COMMITTED")
	require.Contains(w.t, p.lastError(), "reverse was undone")
	require.True(w.t, *p.CanWrite)
	w.refuses(0)
	w.busy()
}

// again sends the users that were refused back to the side that is open.
func (w *world) again() {
	w.t.Helper()
	w.traffic.Switch(w.traffickers(w.open))
	w.busy()
}

// TestCommitGivesUp holds the fence back by an open transaction for longer than
// a step may take. The commit is undone and says why; the transaction and
// everybody else go on, and a later commit works.
func TestCommitGivesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plain)
	w.load()
	w.command(0, "setParameter", 1, "transactionLifetimeLimitSeconds", 600) // not the server but the engine is to give up
	w.startTraffic(light)
	w.launch()
	w.server.state("IDLE")
	w.server.post("start", startBody)
	w.neverBothOpen()
	w.canCommit()
	end := w.openTransaction(0)
	w.server.post("commit", "{}")
	p := w.server.until("the commit to be undone", 2*patience, func(p progress) bool { return p.State == "RUNNING" })
	require.Contains(t, p.lastError(), "commit was undone")
	require.Contains(t, p.lastError(), "open transaction")
	require.Empty(t, p.Warnings)
	w.refuses(1)
	w.again()
	end()
	w.canCommit()
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.crossed()
}
