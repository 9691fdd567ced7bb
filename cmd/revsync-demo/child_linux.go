package main

import "syscall"

// childAttributes ties the server's life to this process. Its own process group
// keeps a Ctrl-C on the terminal away from it: this program decides when it stops.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
