//go:build !unix

package process

import "syscall"

// attributes are the system's own.
func attributes() *syscall.SysProcAttr { return nil }
