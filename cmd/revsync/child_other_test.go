//go:build !linux

package main_test

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }
