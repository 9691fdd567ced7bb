//go:build !linux

package mongotest

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }
