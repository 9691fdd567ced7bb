//go:build unix

package main_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
)

// TestSuspendedOwner suspends the owner at the moment at which it is about to
// write, for longer than its lease lasts. When it goes on, the sync has another
// owner, and what it was about to write is old: it must not write it.
func TestSuspendedOwner(t *testing.T) {
	t.Parallel()
	t.Run("with changes in hand", func(t *testing.T) {
		t.Parallel()
		w, late, owner := suspendedOwner(t, "apply.batch.before-write")
		w.tag("new")
		w.arrives("new")
		late.signal(syscall.SIGCONT)
		late.waitsFor(owner)
		w.arrives("new")
		w.commits(owner)
	})
	// Also before the new owner has written anything of its own.
	t.Run("with a position in hand", func(t *testing.T) {
		t.Parallel()
		w, late, owner := suspendedOwner(t, "record.before-write#2")
		late.signal(syscall.SIGCONT)
		late.waitsFor(owner)
		w.tag("new")
		w.arrives("new")
		w.commits(owner)
	})
}

// suspendedOwner makes a world in which one server is suspended at a point, after
// a change that it has seen, and another one owns the sync.
func suspendedOwner(t *testing.T, at string) (w *world, late, owner *server) {
	w = newWorld(t, crashing)
	w.load()
	w.launch()
	w.server.state("IDLE")
	w.server.post("start", startBody)
	w.canCommit()
	w.server.stop()
	late = w.launch("REVSYNC_CRASH_AT=stop " + at)
	late.state("RUNNING")
	w.tag("old")
	w.suspended(at)
	owner = w.launch()
	owner.until("it to own the sync", patienceWithOwner, func(p progress) bool { return p.State == "RUNNING" })
	return w, late, owner
}

func (w *world) commits(owner *server) {
	w.t.Helper()
	w.server = owner
	w.canCommit()
	owner.post("commit", "{}")
	owner.state("COMMITTED")
	w.equal()
}

// tag changes one document on cluster0.
func (w *world) tag(text string) {
	w.t.Helper()
	users := w.client(0, mongotest.App).Database("shop").Collection("users")
	_, err := users.UpdateOne(w.t.Context(), d("_id", 7), d("$set", d("tag", text)))
	require.NoError(w.t, err)
}

// arrives waits until the document on cluster1 is so.
func (w *world) arrives(text string) {
	w.t.Helper()
	var doc struct{ Tag any }
	users := w.client(1, mongotest.App).Database("shop").Collection("users")
	require.True(w.t, await(patience, func() bool {
		require.NoError(w.t, users.FindOne(w.t.Context(), d("_id", 7)).Decode(&doc))
		return doc.Tag == text
	}), "the tag is %v", doc.Tag)
}

// suspended waits until the server has suspended itself.
func (w *world) suspended(at string) {
	w.t.Helper()
	at, _, _ = strings.Cut(at, "#")
	require.True(w.t, await(crashLimit, func() bool {
		return strings.Contains(w.server.out.String(), "crash point "+at+" reached\n")
	}), "it was to be suspended at %s", at)
}
