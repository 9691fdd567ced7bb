//go:build unix

package main_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

// TestStopSignals stops the server in good order at every stage. It exits with
// 0, which it does not when it has to give up after stopTimeout, and the next one
// goes on at once: the lease was given back, so nobody waits for it to run out.
func TestStopSignals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plain)
	w.load()
	w.startTraffic(light)
	w.launch()
	w.restarts(syscall.SIGTERM, "IDLE")

	w.holds(1, "insert", "namespace", "shop.users")
	w.server.post("start", startBody)
	w.server.until("the copy", patience, func(p progress) bool { return p.Info != nil && *p.Info == "collection copy" })
	w.restarts(syscall.SIGTERM, "RUNNING")
	w.restarts(syscall.SIGINT, "RUNNING")
	w.release(1)
	w.canCommit()
	w.busy()
	w.restarts(syscall.SIGTERM, "RUNNING")
	w.canCommit()
	w.server.post("pause", "{}")
	w.restarts(syscall.SIGTERM, "PAUSED")
	w.server.post("resume", "{}")
	w.canCommit()

	end := w.openTransaction(0)
	w.server.post("commit", "{}")
	w.server.state("COMMITTING")
	w.restarts(syscall.SIGTERM, "COMMITTING")
	end()
	w.server.state("COMMITTED")
	w.crossed()
	w.restarts(syscall.SIGTERM, "COMMITTED")

	w.holds(0, "insert", "namespace", "revsync_internal.record")
	w.server.post("reverse", "{}")
	w.server.until("the switch", patience, func(p progress) bool { return p.Step != nil && *p.Step == "switch" })
	w.restarts(syscall.SIGTERM, "REVERSING")
	w.release(0)
	w.reversed(1)
	w.busy()
	w.canCommit()
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.crossed()
}

// restarts stops the server with a signal, starts it again and finds the state
// as it was.
func (w *world) restarts(sig syscall.Signal, state string) {
	w.t.Helper()
	w.server.state(state)
	w.server.signal(sig)
	require.Zero(w.t, w.server.exit(patience).ExitCode(), state)
	require.Contains(w.t, w.server.out.String(), "was asked to stop and has stopped")
	for side := range w.sides {
		leases, err := w.client(side, mongotest.Root).Database("revsync_internal").Collection("lease").CountDocuments(w.t.Context(), d())
		require.NoError(w.t, err)
		require.Zero(w.t, leases, "the lease on cluster%d after %s", side, state)
	}
	w.launch()
	w.server.state(state)
}

// exceededTimeLimit is an error of a server that is about the moment: the engine
// tries again. It is none for which the driver gives all its connections up, so
// that the lease can be renewed meanwhile.
const exceededTimeLimit = 262

// holds makes one of the engine's commands fail on a side until release; the
// engine goes on trying.
func (w *world) holds(side int, command string, more ...any) {
	w.t.Helper()
	data := append(d("failCommands", bson.A{command}, "appName", "revsync", "errorCode", exceededTimeLimit), d(more...)...)
	w.command(side, "configureFailPoint", "failCommand", "mode", "alwaysOn", "data", data)
}

func (w *world) release(side int) {
	w.t.Helper()
	w.command(side, "configureFailPoint", "failCommand", "mode", "off")
}

// openTransaction begins a transaction of a plain user, which holds the fence
// back until end commits it.
func (w *world) openTransaction(side int) (end func()) {
	w.t.Helper()
	client := w.sides[side].Client(w.t, mongotest.App) // of its own: the pool's others wait behind the fence
	session, err := client.StartSession()
	require.NoError(w.t, err)
	w.t.Cleanup(func() { session.EndSession(w.soon()) })
	require.NoError(w.t, session.StartTransaction())
	ctx := mongo.NewSessionContext(w.t.Context(), session)
	_, err = client.Database("shop").Collection("sessions").InsertOne(ctx, d("_id", "written in a transaction", "at", inTheYear2100))
	require.NoError(w.t, err)
	return func() { w.t.Helper(); require.NoError(w.t, session.CommitTransaction(ctx)) }
}

// TestStopWithAHungServer stops the server while one of the clusters answers
// nothing. It has no more time than otherwise.
func TestStopWithAHungServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plain)
	w.load()
	w.startTraffic(light)
	w.launch()
	w.server.state("IDLE")
	w.server.post("start", startBody)
	w.canCommit()
	for side := range w.sides {
		w.busy()
		member := w.sides[side].Members()[0]
		require.NoError(t, member.Pause())
		w.server.until("the fault to show", patience, func(p progress) bool { return p.LastError != nil })
		w.server.signal(syscall.SIGTERM)
		require.Zero(t, w.server.exit(patience).ExitCode())
		require.NoError(t, member.Continue())
		w.launch()
		w.canCommit()
	}
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.crossed()
}
