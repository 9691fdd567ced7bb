//go:build unix

package main_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// crash is one death of the binary: the point at which it kills itself, and
// what has to be done before it is launched, so that it gets there.
type crash struct {
	at    string // a name, or "name#3" for the third time
	setup func(w *world)
}

// crashLimit is how long a server may take from its launch to the point at
// which it is to die. It takes the sync up in seconds; the rest of the time is
// for the backlog that a busy machine has let grow.
const crashLimit = 60 * time.Second

// dies waits until the server has killed itself at a point.
func (w *world) dies(at string) {
	w.t.Helper()
	state := w.server.exit(crashLimit)
	status, ok := state.Sys().(syscall.WaitStatus)
	require.True(w.t, ok && status.Signaled() && status.Signal() == syscall.SIGKILL, "it was to be killed at %s: %s", at, state)
	name, _, _ := strings.Cut(at, "#")
	require.Contains(w.t, w.server.out.String(), "crash point "+name+" reached\n")
	reached.add(name)
	w.t.Logf("%s after %s", at, time.Since(w.server.began))
}

// crashes starts servers, each of which takes up what the last one has left and
// dies at the next point.
func (w *world) crashes(list ...crash) {
	w.t.Helper()
	for _, c := range list {
		if c.setup != nil {
			c.setup(w)
		}
		w.launch("REVSYNC_CRASH_AT=" + c.at)
		w.dies(c.at)
	}
}

// crashesAfter is crashes where a command to the server that runs, which is
// armed for the first point, begins it all.
func (w *world) crashesAfter(command, body string, list ...crash) {
	w.t.Helper()
	r, err := w.server.try(http.MethodPost, command, body)
	if err == nil { // else it died before it could answer
		require.True(w.t, r.accepted(), r.text)
	}
	w.dies(list[0].at)
	w.crashes(list[1:]...)
}

// survive starts a server that is not armed: it takes the sync up and goes on.
func (w *world) survive() {
	w.t.Helper()
	w.launch()
	w.resumed()
}

// arm replaces the server that runs by one that dies at a point.
func (w *world) arm(c crash) {
	w.t.Helper()
	if w.server != nil && w.server.running() {
		w.server.stop()
	}
	w.launch("REVSYNC_CRASH_AT=" + c.at)
}

// TestCrashAtEveryStep kills the binary at every named point of copy, change
// application, commit, reverse and the reversed commit, and of their undoing.
// Each time the next process takes the sync up by itself; and after each commit
// both sides are equal and hold every write that was acknowledged.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*world){
		"copy":              (*world).crashInCopy,
		"changes":           (*world).crashInChanges,
		"undo":              (*world).crashInUndo,
		"steps/" + before:   func(w *world) { w.crashInEachStep(before) },
		"steps/" + done:     func(w *world) { w.crashInEachStep(done) },
		"steps/" + recorded: func(w *world) { w.crashInEachStep(recorded) },
	}
	var passed atomic.Int64
	var group errgroup.Group
	group.SetLimit(3) // side by side, since they mostly wait for processes to begin, but not all at once
	for name, run := range cases {
		group.Go(func() error {
			t.Run(name, func(t *testing.T) {
				run(newWorld(t, crashing))
				passed.Add(1)
			})
			return nil
		})
	}
	_ = group.Wait()                      // the tests say what fails
	if int(passed.Load()) == len(cases) { // not with -run for some of them
		requireAllReached(t)
	}
}

// crashInEachStep is a way there and back with a crash in each step.
func (w *world) crashInEachStep(moment string) {
	w.load()
	w.startTraffic(light)
	w.launch()
	w.server.state("IDLE")
	w.server.post("start", startBody)
	w.neverBothOpen()
	w.canCommit()
	for epoch := range 2 {
		w.busy()
		points := commitPoints(moment)
		w.arm(points[0])
		w.canCommit()
		w.crashesAfter("commit", "{}", points...)
		w.survive()
		require.Equal(w.t, epoch, w.server.state("COMMITTED").epoch())
		w.crossed()
		w.requireRestored()
		if epoch == 0 {
			points = reversePoints(moment)
			w.arm(points[0])
			w.server.state("COMMITTED")
			w.crashesAfter("reverse", "{}", points...)
			w.survive()
			w.reversed(1)
			w.refuses(0)
		}
	}
}
