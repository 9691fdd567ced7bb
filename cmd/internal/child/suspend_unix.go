//go:build unix

package child

import "syscall"

// Suspend stops the process's clock (SIGSTOP) until Continue or Kill.
func (p *Process) Suspend() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Continue lets a suspended process go on.
func (p *Process) Continue() error { return p.cmd.Process.Signal(syscall.SIGCONT) }
