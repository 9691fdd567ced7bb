package process

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// child is one process, in the shape in which go-plugin runs it.
type child struct {
	cmd            *exec.Cmd
	sockets        string // the only folder in which it may offer a socket
	input          []byte // written to its standard input, which then stays open as long as this process lives
	stdin          *os.File
	stdout, stderr *os.File

	mu     sync.Mutex
	alive  bool
	doomed bool // Kill was called, maybe before Start
	exited chan struct{}
	err    error // how it ended, once exited is closed
}

var _ runner.Runner = (*child)(nil)

func newChild(cmd *exec.Cmd, input []byte) *child {
	return &child{cmd: cmd, input: input, exited: make(chan struct{})}
}

// Start starts the process. Its standard input is a pipe that nobody else holds, so that it ends with this process; on
// Linux the kernel kills it as well, which does not need its cooperation.
func (c *child) Start(context.Context) error {
	theirs, err := c.pipes()
	defer closeFiles(theirs)
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	go func() { // ends with the process; whoever calls Wait waits for it
		// The kernel's signal comes when the thread that started the process ends, not the whole program: hold it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		c.mu.Lock()
		c.alive = err == nil
		if c.alive && c.doomed {
			_ = killGroup(c.cmd.Process)
		}
		c.mu.Unlock()
		started <- err
		if err == nil {
			c.reap()
		}
	}()
	if err := <-started; err != nil {
		closeFiles([]*os.File{c.stdin, c.stdout, c.stderr})
		return err
	}
	go c.feed() // ends when the process has read it or is gone
	return nil
}

// pipes connects the process. It returns the ends that belong to it, to be closed here once it has them.
func (c *child) pipes() (theirs []*os.File, err error) {
	in, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Stdin, c.stdin = in, w
	theirs = append(theirs, in)
	for _, out := range []struct {
		mine   **os.File
		theirs *io.Writer
	}{{&c.stdout, &c.cmd.Stdout}, {&c.stderr, &c.cmd.Stderr}} {
		r, w, err := os.Pipe()
		if err != nil {
			closeFiles([]*os.File{c.stdin, c.stdout})
			return theirs, err
		}
		*out.mine, *out.theirs = r, w
		theirs = append(theirs, w)
	}
	return theirs, nil
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // a pipe has nothing to lose
		}
	}
}

// feed hands the input over, with its length before it.
func (c *child) feed() {
	if c.input == nil {
		return
	}
	size := binary.BigEndian.AppendUint64(nil, uint64(len(c.input)))
	if _, err := c.stdin.Write(size); err == nil {
		_, _ = c.stdin.Write(c.input) // a process that does not take it fails by itself
	}
}

// reap waits for the process and, on Linux, kills those it has started and left behind. What it printed is read to the
// end, but a grandchild that holds the pipes open does not hold up anything.
func (c *child) reap() {
	if awaitEnd(c.cmd.Process) {
		c.mu.Lock()
		_ = killGroup(c.cmd.Process)
		c.alive = false // its number is free after Wait: nobody must kill by it any more
		c.mu.Unlock()
	}
	err := c.cmd.Wait()
	c.mu.Lock()
	c.alive, c.err = false, err
	c.mu.Unlock()
	last := time.Now().Add(lastWords)
	_ = c.stdout.SetReadDeadline(last)
	_ = c.stderr.SetReadDeadline(last)
	close(c.exited)
}

// lastWords is how long a dead process's pipes are still read from.
const lastWords = 200 * time.Millisecond

// Wait waits until the process has ended and gives its pipes back; go-plugin calls it when it has read them.
func (c *child) Wait(context.Context) error {
	<-c.exited
	closeFiles([]*os.File{c.stdin, c.stdout, c.stderr})
	return c.err
}

// Kill ends the process and those it has started. It may be called at any time.
func (c *child) Kill(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doomed = true
	if !c.alive {
		return nil
	}
	err := killGroup(c.cmd.Process)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// retire asks the process to end, by closing its input, and kills it when it has not done so by the end of ctx. It
// returns when the process is gone.
func (c *child) retire(ctx context.Context) {
	_ = c.stdin.Close()
	select {
	case <-c.exited:
	case <-ctx.Done():
		_ = c.Kill(ctx)
		<-c.exited
	}
}

// endsBy gives a process that may be about to end a moment, and says how it ended, or "".
func (c *child) endsBy(moment time.Duration) string {
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ""
	case <-c.exited:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err == nil:
		return "; it ended with exit status 0"
	case c.doomed && c.cmd.ProcessState.ExitCode() < 0:
		return "" // it was killed, which is no news
	}
	return "; it ended with " + c.err.Error()
}

// Stdout is where the handshake comes from.
func (c *child) Stdout() io.ReadCloser { return c.stdout }

// Stderr is what the process prints.
func (c *child) Stderr() io.ReadCloser { return c.stderr }

// Name is the program's path.
func (c *child) Name() string { return c.cmd.Path }

// ID is the process's number, "" before it has started.
func (c *child) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd.Process == nil {
		return ""
	}
	return strconv.Itoa(c.cmd.Process.Pid)
}

// Diagnose has nothing to add: the error tells how the process ended and what it printed.
func (*child) Diagnose(context.Context) string { return "" }

// PluginToHost refuses addresses that are not the module's own: the engine must not be sent to dial elsewhere.
func (c *child) PluginToHost(network, address string) (string, string, error) {
	switch network {
	case "unix":
		if filepath.Dir(address) == filepath.Clean(c.sockets) {
			return network, address, nil
		}
	case "tcp":
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsLoopback() {
			return network, address, nil
		}
	}
	return "", "", fmt.Errorf("the module offers itself at %q, which is neither a socket in its folder nor a loopback address", strings.ToValidUTF8(network+" "+address, "?"))
}

// HostToPlugin changes nothing: both run on one machine.
func (*child) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
