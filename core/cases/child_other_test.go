//go:build unix && !linux

package cases_test

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }
