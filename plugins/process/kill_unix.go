//go:build unix

package process

import (
	"os"
	"syscall"
)

// killGroup kills a process that has not been waited for, and its group.
func killGroup(p *os.Process) error {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // the group is its own, see attributes
	return p.Kill()
}
