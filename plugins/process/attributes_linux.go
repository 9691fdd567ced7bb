package process

import "syscall"

// attributes put a module into a process group of its own, out of reach of a terminal's Ctrl-C, and have the kernel
// kill it when the thread that started it ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
