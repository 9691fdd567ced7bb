//go:build !unix

package process

import "os"

// killGroup kills a process; there are no process groups here.
func killGroup(p *os.Process) error { return p.Kill() }
