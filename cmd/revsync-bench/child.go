package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/revsync/revsync/core/mongotest"
)

// stopPatience is how long the server may take to stop; it promises ten seconds.
const stopPatience = 15 * time.Second

// child is a running revsync server.
type child struct {
	cmd  *exec.Cmd
	api  api
	log  string        // the file that it logs to
	done chan struct{} // closed after the end
	err  error         // how it ended, after done
}

// startChild runs the server for the two sides. When it ends before stop, fail
// is told why.
func startChild(binary, dir string, source, destination *side, fail func(error)) (*child, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	logs, err := os.MkdirTemp(dir, "log-")
	if err != nil {
		return nil, err
	}
	c := &child{api: api{base: "http://127.0.0.1:" + port}, log: filepath.Join(logs, "revsync.log"), done: make(chan struct{})}
	c.cmd = exec.Command(binary, "serve", "--port", port, "--logPath", logs, "--verbosity", "INFO")
	c.cmd.Env = append(os.Environ(),
		"REVSYNC_CLUSTER0="+source.set.URI(mongotest.Sync), "REVSYNC_CLUSTER1="+destination.set.URI(mongotest.Sync))
	c.cmd.SysProcAttr = childAttributes()
	started := make(chan error, 1)
	go c.run(started, fail)
	return c, <-started
}

// run starts the process and waits for it in one thread: Linux sends the child
// its parent-death signal when the thread that made it ends.
func (c *child) run(started chan<- error, fail func(error)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.done)
	if c.err = c.cmd.Start(); c.err != nil {
		started <- c.err
		return
	}
	started <- nil
	c.err = c.cmd.Wait()
	fail(fmt.Errorf("revsync has ended (%s); the end of its log:\n%s", c.cmd.ProcessState, tail(c.log)))
}

// verdict is nil when the server has ended in good order. Call it after done.
func (c *child) verdict() error {
	if c.err == nil {
		return nil
	}
	return fmt.Errorf("revsync did not end in good order: %w; the end of its log:\n%s", c.err, tail(c.log))
}

// stop ends the server in good order.
func (c *child) stop() error {
	select {
	case <-c.done:
		return c.verdict()
	default:
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.NewTimer(stopPatience)
	defer late.Stop()
	select {
	case <-c.done:
		return c.verdict()
	case <-late.C:
		err := c.cmd.Process.Kill()
		<-c.done
		return errors.Join(fmt.Errorf("revsync did not stop within %s", stopPatience), err)
	}
}

// freePort finds a port that nobody listens on. Somebody else may be faster
// then; the server says so and ends.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), l.Close()
}

// tail is the last lines of a file.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// ready waits until the server can be given a command.
func (c *child) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("revsync is not ready after a minute"))
	defer cancel()
	return poll(ctx, 20*time.Millisecond, func() (bool, error) {
		p, err := c.api.progress(ctx)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return false, nil // not listening yet
		}
		return p.State == "IDLE", err
	})
}
