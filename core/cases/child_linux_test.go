package cases_test

import "syscall"

// childAttributes ties the life of the engine to that of the test.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
