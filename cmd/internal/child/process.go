package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// stopPatience is how long the server may take to stop; it promises ten seconds.
	stopPatience = 15 * time.Second
	tailLines    = 12
)

// Settings say what to run.
type Settings struct {
	Binary string
	// LogDir is the folder for revsync.log; it is appended to.
	LogDir string
	// Port is where to listen, see FreePort.
	Port string
	// Cluster0 and Cluster1 are connection strings. They are passed in the environment:
	// no credentials on the command line.
	Cluster0, Cluster1 string
	// OnEnd, if not nil, is told when the process has ended, whoever ended it.
	OnEnd func(error)
}

// Process is a running revsync server. Its methods may be called from any
// goroutine.
type Process struct {
	API API

	settings Settings
	cmd      *exec.Cmd
	ended    chan struct{} // closed at the end, after err is set
	err      error
}

// Start runs the server. It may not listen yet when Start returns; whoever gets
// the process calls Stop or Kill.
func Start(s Settings) (*Process, error) {
	p := &Process{API: API{Base: "http://127.0.0.1:" + s.Port}, settings: s, ended: make(chan struct{})}
	p.cmd = exec.Command(s.Binary, "serve", "--port", s.Port, "--logPath", s.LogDir, "--verbosity", "INFO")
	p.cmd.Env = append(os.Environ(), "REVSYNC_CLUSTER0="+s.Cluster0, "REVSYNC_CLUSTER1="+s.Cluster1)
	p.cmd.SysProcAttr = attributes()
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Binary, err)
	}
	return p, nil
}

// run starts the process and waits for it in one thread: Linux sends the child
// its parent-death signal when the thread that made it ends.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.ended)
	if p.err = p.cmd.Start(); p.err != nil {
		started <- p.err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	if p.settings.OnEnd != nil {
		p.settings.OnEnd(fmt.Errorf("revsync has ended (%s); the end of its log:\n%s", p.cmd.ProcessState, p.Tail()))
	}
}

// Ended is closed when the process is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Alive returns an error when the process has ended.
func (p *Process) Alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("the server has ended: %s", p.cmd.ProcessState)
	default:
		return nil
	}
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// State says how the process has ended; nil while it runs.
func (p *Process) State() *os.ProcessState {
	if p.Alive() == nil {
		return nil
	}
	return p.cmd.ProcessState
}

// Kill ends the process at once (SIGKILL) and returns when it is gone.
func (p *Process) Kill() error {
	err := p.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	if err == nil {
		<-p.ended
	}
	return err
}

// Stop ends the process in good order. It may have ended by itself: an error
// tells that it had a bad end.
func (p *Process) Stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.NewTimer(stopPatience)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		return errors.Join(fmt.Errorf("the server did not stop within %s", stopPatience), p.Kill())
	}
	if p.err != nil {
		return fmt.Errorf("the server did not end in good order: %w; the end of its log:\n%s", p.err, p.Tail())
	}
	return nil
}

// LogDir is the folder with the server's log.
func (p *Process) LogDir() string { return p.settings.LogDir }

// Tail is the end of the server's log.
func (p *Process) Tail() string {
	text, err := os.ReadFile(filepath.Join(p.settings.LogDir, "revsync.log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
