//go:build unix

package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
)

// server is a revsync that a test runs. What it prints is kept, and at the
// test's end it must not hold a password.
type server struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *output // standard output and error
	exited chan struct{}
	began  time.Time
}

// output keeps what a process has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// launch starts a binary. Its environment is what environ says and nothing else.
func launch(t *testing.T, path string, environ []string, args ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: exec.Command(path, args...), out: &output{}, exited: make(chan struct{}), began: time.Now()}
	s.cmd.Env = append([]string{"HOME=" + t.TempDir()}, environ...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	s.cmd.SysProcAttr = childAttributes()
	started := make(chan error, 1)
	go s.run(started)
	require.NoError(t, <-started)
	t.Cleanup(s.cleanup)
	return s
}

// run starts the process and waits for it in one thread: Linux sends a child its
// parent-death signal when the thread that made it ends.
func (s *server) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.exited)
	err := s.cmd.Start()
	started <- err
	if err == nil {
		_ = s.cmd.Wait() // ProcessState has the outcome
	}
}

func (s *server) cleanup() {
	s.kill()
	if s.t.Failed() {
		lines := strings.Split(strings.TrimSpace(s.out.String()), "\n")
		s.t.Logf("end of the output of process %d:\n%s", s.cmd.Process.Pid, strings.Join(lines[max(0, len(lines)-25):], "\n"))
	}
	requireNoPassword(s.t, s.out.String())
}

// kill ends the process at once and returns when it is gone.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may be gone already
	<-s.exited
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(sig))
}

func (s *server) running() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// exit waits for the end of the process.
func (s *server) exit(limit time.Duration) *os.ProcessState {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(limit):
		s.t.Fatalf("revsync (process %d) still runs after %s", s.cmd.Process.Pid, limit)
	}
	return s.cmd.ProcessState
}

// stop ends the process in good order. It ends itself with 1 when it cannot do so in time.
func (s *server) stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	require.Zero(s.t, s.exit(patience).ExitCode())
}

var listening = regexp.MustCompile(`"REST API is listening".*"address":"([^"]+)"`)

// address waits until the server listens and answers where; "" when it has ended.
func (s *server) address() string {
	s.t.Helper()
	var address string
	came := await(patience, func() bool {
		if found := listening.FindStringSubmatch(s.out.String()); found != nil {
			address = found[1]
		}
		return address != "" || !s.running()
	})
	require.True(s.t, came, "the server does not listen")
	requireNoPassword(s.t, s.title())
	return address
}

// title is what ps shows of the process; "" where that cannot be asked.
func (s *server) title() string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "cmdline"))
	if err != nil {
		return ""
	}
	return string(text)
}

// secrets are the passwords of every user of the test's clusters.
var secrets = []string{mongotest.Root.Password(), mongotest.Sync.Password(), mongotest.App.Password(), mongotest.DDL.Password(), wrongPassword}

const wrongPassword = "not-the-right-one"

func requireNoPassword(t *testing.T, text string) {
	t.Helper()
	for _, secret := range secrets {
		require.NotContains(t, text, secret)
	}
}

// await polls a condition until it holds; false when the time is over before.
func await(limit time.Duration, done func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	over := time.After(limit)
	for !done() {
		select {
		case <-tick.C:
		case <-over:
			return done()
		}
	}
	return true
}
