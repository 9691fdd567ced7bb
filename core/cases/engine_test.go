//go:build unix

package cases_test

import (
	"bytes"
	"fmt"
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
)

// build makes the binary that dies and stops at points.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "revsync")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "crashpoints", "-o", path, "../../cmd/revsync").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// engine is a running binary.
type engine struct {
	cmd    *exec.Cmd
	out    *output
	exited chan struct{}
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

// tail is the end of what was printed.
func (o *output) tail(lines int) string {
	all := strings.Split(strings.TrimSpace(o.String()), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// launch runs the binary; point is empty or what REVSYNC_CRASH_AT takes.
func launch(path, point string, args ...string) (*engine, error) {
	e := &engine{cmd: exec.Command(path, args...), out: &output{}, exited: make(chan struct{})}
	e.cmd.Env = []string{"HOME=" + filepath.Dir(path), "REVSYNC_CRASH_AT=" + point}
	e.cmd.Stdout, e.cmd.Stderr = e.out, e.out
	e.cmd.SysProcAttr = childAttributes()
	started := make(chan error, 1)
	go e.run(started)
	return e, <-started
}

// run stays in one thread: Linux sends a child its parent-death signal when the
// thread that made it ends.
func (e *engine) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(e.exited)
	err := e.cmd.Start()
	started <- err
	if err == nil {
		_ = e.cmd.Wait() // ProcessState has the outcome
	}
}

func (e *engine) running() bool {
	select {
	case <-e.exited:
		return false
	default:
		return true
	}
}

// kill ends the process at once, suspended or not, and returns when it is gone.
func (e *engine) kill() {
	_ = e.cmd.Process.Kill() // it may be gone already
	<-e.exited
}

// exit waits for the end of the process.
func (e *engine) exit(limit time.Duration) (*os.ProcessState, error) {
	select {
	case <-e.exited:
		return e.cmd.ProcessState, nil
	case <-time.After(limit):
		return nil, fmt.Errorf("the process still runs after %s", limit)
	}
}

// stop ends the process in good order.
func (e *engine) stop() error {
	if err := e.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	state, err := e.exit(15 * time.Second)
	if err == nil && state.ExitCode() != 0 {
		err = fmt.Errorf("the process ended with %s", state)
	}
	return err
}

var (
	listening = regexp.MustCompile(`"REST API is listening".*"address":"([^"]+)"`)
	reached   = regexp.MustCompile(`crash point \S+ reached`)
)

// address waits until the binary listens.
func (e *engine) address() (string, error) {
	var found []string
	err := await(patience, "the REST interface", func() (bool, error) {
		if found = listening.FindStringSubmatch(e.out.String()); found == nil && !e.running() {
			return false, errEnded
		}
		return found != nil, nil
	})
	if err != nil {
		return "", err
	}
	return found[1], nil
}

// atPoint waits until the armed point is reached and, if the process suspends
// itself there, has done so.
func (e *engine) atPoint() error {
	return await(patience, "the armed point", func() (bool, error) {
		return reached.MatchString(e.out.String()) && (!e.running() || e.asleep()), nil
	})
}

// asleep tells whether the process is suspended; true where that cannot be asked.
func (e *engine) asleep() bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(e.cmd.Process.Pid), "stat"))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ") // behind the name, which is in brackets
	return strings.HasPrefix(state, "T")
}

// dies waits until the process has killed itself.
func (e *engine) dies() error {
	state, err := e.exit(patience)
	if err != nil {
		return err
	}
	if status, ok := state.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL || e.atPoint() != nil {
		return fmt.Errorf("it was to kill itself at a point, and ended with %s", state)
	}
	return nil
}

// patience is for what takes a second on a machine with nothing else to do.
const patience = 60 * time.Second

var errEnded = fmt.Errorf("the engine's process has ended")

// await polls a condition until it holds.
func await(limit time.Duration, what string, done func() (bool, error)) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	over := time.After(limit)
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-over:
			return fmt.Errorf("waited %s for %s", limit, what)
		}
	}
}
