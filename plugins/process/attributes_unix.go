//go:build unix && !linux

package process

import "syscall"

// attributes put a module into a process group of its own, out of reach of a terminal's Ctrl-C. That it ends with
// the engine is left to the end of its standard input.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
