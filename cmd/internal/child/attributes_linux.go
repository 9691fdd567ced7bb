package child

import "syscall"

// attributes tie the child's life to this process. Its own process group keeps a
// Ctrl-C on the terminal away from it: this program decides when it stops.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
