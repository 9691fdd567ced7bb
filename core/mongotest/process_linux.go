package mongotest

import "syscall"

// childAttributes ties the life of mongod to this process. Its own process group
// keeps a Ctrl-C on the terminal away from it: whoever started it decides when
// it stops.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
