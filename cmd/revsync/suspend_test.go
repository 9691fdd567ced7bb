//go:build unix

package main_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
)

// TestSuspendedOwner suspends the owner with something to write in hand: before
// it asks its lease, and between that question and the command. What it has in
// hand is old when another process owns the sync. Nothing that runs in a process
// can see to it that it is not written, so the kernel ends the process before its
// lease is over: it never wakes up.
func TestSuspendedOwner(t *testing.T) {
	t.Parallel()
	for what, at := range map[string]string{
		"with changes in hand":    "apply.batch.before-write",
		"with a position in hand": "record.before-write#2",
		"with a command in hand":  "write.before-send#2", // the first one is the new owner's name
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, crashing)
			w.load()
			w.launch()
			w.server.state("IDLE")
			w.server.post("start", startBody)
			w.canCommit()
			w.server.stop()
			late := w.launch("REVSYNC_CRASH_AT=stop " + at)
			late.state("RUNNING")
			w.tag("old")
			w.suspended(at)
			owner := w.launch()
			late.diesAsleep(owner)
			owner.takesOver()
			w.tag("new")
			w.arrives("new")
			w.commits(owner)
		})
	}
}

// diesAsleep waits until a suspended server has been killed, by nobody here. As long as it lives its successor waits.
func (s *server) diesAsleep(successor *server) {
	s.t.Helper()
	require.True(s.t, await(patience, func() bool {
		state := successor.progress().State
		if !s.alive() {
			return true
		}
		require.NotEqual(s.t, "RUNNING", state, "two owners at once")
		return false
	}), "it is suspended and alive")
	status, ok := s.exit(patience).Sys().(syscall.WaitStatus)
	require.True(s.t, ok && status.Signaled() && status.Signal() == syscall.SIGKILL, s.cmd.ProcessState.String())
}

// alive asks the kernel, if there is /proc: it knows of the end before the parent does.
func (s *server) alive() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid()))
	_, state, _ := strings.Cut(string(stat), ") ") // behind the name, which is in brackets
	return err == nil && !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
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
