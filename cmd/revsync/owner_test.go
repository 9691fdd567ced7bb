//go:build unix

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
)

// leaseTerm is how long the lease of an owner lasts that is not heard of any
// more, and patienceWithOwner how long a successor may take then.
const (
	leaseTerm         = 12 * time.Second
	patienceWithOwner = leaseTerm + 10*time.Second
)

// TestOneOwner has two processes on the same clusters. Only one acts; the other
// one waits, names it, and takes over when it has ended.
func TestOneOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plain)
	w.load()
	w.startTraffic(light)
	second := w.launch() // before there is a sync
	second.state("IDLE")
	first := w.launch()
	first.state("IDLE")
	first.post("start", startBody)
	second.waitsFor(first)
	w.canCommit()
	require.Equal(t, "RUNNING", first.progress().State)
	first.kill()
	second.takesOver()

	third := w.launch()
	third.waitsFor(second)
	second.stop()
	third.takesOver()

	fourth := w.launch()
	fourth.waitsFor(third)
	third.signal(syscall.SIGSTOP)
	third.diesAsleep(fourth)
	fourth.takesOver()
	w.busy()
	require.Equal(t, fourth.pid(), w.ownerPID(1))
	fourth.takesOver()

	fourth.post("commit", "{}")
	fourth.state("COMMITTED")
	w.crossed()
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// waitsFor waits until the server says that the other one owns the sync: it is
// INITIALIZING, and refuses every command.
func (s *server) waitsFor(owner *server) {
	s.t.Helper()
	text := fmt.Sprintf("pid %d,", owner.pid())
	s.until("it to name "+text, patience, func(p progress) bool {
		return p.State == "INITIALIZING" && strings.Contains(p.lastError(), text)
	})
	for _, command := range []string{"pause", "resume", "commit", "reverse", "start"} {
		body := "{}"
		if command == "start" {
			body = startBody
		}
		r := s.call(http.MethodPost, command, body)
		require.Equal(s.t, http.StatusServiceUnavailable, r.status, r.text)
		require.Equal(s.t, "Initializing", r.Error)
	}
}

// takesOver waits until the server works on the sync.
func (s *server) takesOver() {
	s.t.Helper()
	first := s.until("it to own the sync", patienceWithOwner, func(p progress) bool { return p.State == "RUNNING" })
	s.until("the work to move", patience, func(p progress) bool {
		return p.CanCommit && p.LastAppliedOpTime.number() > first.LastAppliedOpTime.number()
	})
}

// ownerPID is the process that the lease on a side names.
func (w *world) ownerPID(side int) int {
	w.t.Helper()
	var lease struct {
		Owner struct{ PID int }
	}
	err := w.client(side, mongotest.Root).Database("revsync_internal").Collection("lease").FindOne(w.t.Context(), bson.D{}).Decode(&lease)
	require.NoError(w.t, err)
	return lease.Owner.PID
}
