package mongotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
)

// process is a running mongod, and what is known of it after its end.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed after the end
	paused atomic.Bool
}

// startProcess runs mongod and appends what it prints to the file at logPath.
func startProcess(binary string, args []string, logPath string) (_ *process, err error) {
	out, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, out.Close()) }() // mongod has its own copy
	cmd := exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = childAttributes()
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("run %s: %w", binary, err)
	}
	return p, nil
}

// run starts the process and waits for it in one thread, which lives as long as
// the process: Linux sends a child its parent-death signal when the thread that forked
// it ends.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.exited)
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // tells how the process ended, which cmd.ProcessState keeps
	}
}

func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// answers tells whether it is of use to ask the process anything.
func (p *process) answers() bool { return p.running() && !p.paused.Load() }

func (p *process) pause() error {
	p.paused.Store(true)
	return p.signalStop()
}

func (p *process) resume() error {
	p.paused.Store(false)
	return p.signalContinue()
}

// exitError describes the end of a process that should still run, or is nil.
func (p *process) exitError() error {
	if p.running() {
		return nil
	}
	code := p.cmd.ProcessState.ExitCode()
	if code == exitNetError {
		return fmt.Errorf("%w (exit code %d)", errPortTaken, code)
	}
	return fmt.Errorf("mongod has ended: %s", p.cmd.ProcessState)
}

// exitNetError is mongod's exit code when it cannot listen on its port.
const exitNetError = 48

var errPortTaken = errors.New("somebody took the port")

func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill mongod: %w", err)
	}
	<-p.exited
	return nil
}

func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("mongod still runs: %w", context.Cause(ctx))
	}
}
