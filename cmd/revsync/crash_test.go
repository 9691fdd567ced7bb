//go:build unix

package main_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crashLimit is how long a server may take from its launch to the point at
// which it is to die: it takes the sync up by itself.
const crashLimit = 15 * time.Second

// dies waits until the server has killed itself at a point.
func (w *world) dies(at string, limit time.Duration) {
	w.t.Helper()
	state := w.server.exit(limit)
	status, ok := state.Sys().(syscall.WaitStatus)
	require.True(w.t, ok && status.Signaled() && status.Signal() == syscall.SIGKILL, "it was to be killed at %s: %s", at, state)
	name, _, _ := strings.Cut(at, "#")
	require.Contains(w.t, w.server.out.String(), "crash point "+name+" reached\n")
	w.t.Logf("%s after %s", at, time.Since(w.server.began))
}

// crashes sends a command to the server that runs, which makes it die at the
// first point, and starts servers that take up what the last one has left and
// die at the next point. Afterwards one runs that is not armed, and moves.
func (w *world) crashes(command, body string, points ...string) {
	w.t.Helper()
	r, err := w.server.try(http.MethodPost, command, body)
	if err == nil { // else it died before it could answer
		require.True(w.t, r.accepted(), r.text)
	}
	w.dies(points[0], crashLimit)
	for _, p := range points[1:] {
		w.launch("REVSYNC_CRASH_AT=" + p)
		w.dies(p, crashLimit)
	}
	w.launch()
	w.resumed()
}

// armed replaces the server that runs by one that dies at a point.
func (w *world) armed(at string) {
	w.t.Helper()
	if w.server != nil && w.server.running() {
		w.server.stop()
	}
	w.launch("REVSYNC_CRASH_AT=" + at)
}

// TestCrashAtEveryStep kills the binary at every step of copy, change
// application, commit, reverse and the reversed commit. Each time the next
// process takes the sync up by itself; and after each commit both sides are
// equal and hold every write that was acknowledged.
func TestCrashAtEveryStep(t *testing.T) {
	for _, moment := range []string{before, done, recorded} {
		t.Run("steps/"+moment, func(t *testing.T) {
			t.Parallel()
			newWorld(t, crashing).crashAtEachStep(moment)
		})
	}
}

// crashAtEachStep is a way there and back with a crash in each step.
func (w *world) crashAtEachStep(moment string) {
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
		w.armed(points[0])
		w.canCommit()
		w.crashes("commit", "{}", points...)
		require.Equal(w.t, epoch, w.server.state("COMMITTED").epoch())
		w.crossed()
		w.requireRestored()
		if epoch == 0 {
			points = reversePoints(moment)
			w.armed(points[0])
			w.server.state("COMMITTED")
			w.crashes("reverse", "{}", points...)
			w.reversed(1)
			w.refuses(0)
		}
	}
}
