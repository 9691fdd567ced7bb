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

const (
	usualPort = "27182"
	// stopPatience is how long the server may take to stop; it promises ten seconds.
	stopPatience = 15 * time.Second
	tailLines    = 12
)

// server is the running revsync.
type server struct {
	cmd   *exec.Cmd
	api   api
	logs  string
	ended chan struct{} // closed at the end, after err is set
	err   error
}

// serve starts the server on both clusters and waits until it is IDLE.
func (d *demo) serve(ctx context.Context) (err error) {
	port, err := freePort()
	if err != nil {
		return err
	}
	if d.server, err = startServer(d.binary, filepath.Join(d.dir, "log"), port, d.sides); err != nil {
		return err
	}
	d.out.say("$ revsync serve --port %s --cluster0 mongodb://sync:***@%s --cluster1 mongodb://sync:***@%s", port,
		strings.Join(d.sides[0].set.Hosts(), ","), strings.Join(d.sides[1].set.Hosts(), ","))
	d.out.curl(d.server.api, "progress", "")
	_, err = d.follow(ctx, func(p progress) bool { return p.State == "IDLE" })
	return err
}

func startServer(binary, logs, port string, sides [2]*cluster) (*server, error) {
	s := &server{api: api{base: "http://127.0.0.1:" + port}, logs: logs, ended: make(chan struct{})}
	s.cmd = exec.Command(binary, "serve", "--port", port, "--logPath", logs, "--verbosity", "INFO")
	s.cmd.Env = append(os.Environ(), // no credentials on the command line
		"REVSYNC_CLUSTER0="+sides[0].set.URI(mongotest.Sync), "REVSYNC_CLUSTER1="+sides[1].set.URI(mongotest.Sync))
	s.cmd.SysProcAttr = childAttributes()
	started := make(chan error, 1)
	go s.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("run the server: %w", err)
	}
	return s, nil
}

// run starts the process and waits for it in one thread: Linux sends the child
// its parent-death signal when the thread that made it ends.
func (s *server) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.ended)
	if s.err = s.cmd.Start(); s.err != nil {
		started <- s.err
		return
	}
	started <- nil
	s.err = s.cmd.Wait()
}

// alive returns an error when the server has ended.
func (s *server) alive() error {
	select {
	case <-s.ended:
		return fmt.Errorf("the server has ended: %s", s.cmd.ProcessState)
	default:
		return nil
	}
}

// stop ends the server in good order. It may have ended by itself.
func (s *server) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.NewTimer(stopPatience)
	defer late.Stop()
	select {
	case <-s.ended:
	case <-late.C:
		err := s.cmd.Process.Kill()
		<-s.ended
		return errors.Join(fmt.Errorf("the server did not stop within %s", stopPatience), err)
	}
	if s.err != nil {
		return fmt.Errorf("the server did not end in good order: %w", s.err)
	}
	return nil
}

// tail is the end of the server's log.
func (s *server) tail() string {
	text, err := os.ReadFile(filepath.Join(s.logs, "revsync.log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}

// freePort is the usual port, or another one if that is taken. Somebody may take
// it before the server does; the server says so and ends then.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", usualPort))
	if err != nil {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return "", err
		}
	}
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), listener.Close()
}
