//go:build unix

package mongotest

import (
	"errors"
	"os"
	"syscall"
)

func (p *process) signalStop() error      { return p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) signalContinue() error  { return p.cmd.Process.Signal(syscall.SIGCONT) }
func (p *process) signalTerminate() error { return alreadyGone(p.cmd.Process.Signal(syscall.SIGTERM)) }

// alreadyGone forgives a process that ended by itself before the signal that was to end it.
func alreadyGone(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
