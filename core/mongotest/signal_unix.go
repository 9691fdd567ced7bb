//go:build unix

package mongotest

import "syscall"

func (p *process) signalStop() error      { return p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) signalContinue() error  { return p.cmd.Process.Signal(syscall.SIGCONT) }
func (p *process) signalTerminate() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
