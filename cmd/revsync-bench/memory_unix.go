//go:build unix && !linux

package main

import (
	"os"
	"runtime"
	"syscall"
)

// livePeak cannot be known of a running process.
func livePeak(int) (int64, error) { return 0, nil }

// endPeak is the most memory that a process had resident, as known after its
// end: in bytes on Darwin, in kB elsewhere.
func endPeak(p *os.ProcessState) int64 {
	used, ok := p.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin" || runtime.GOOS == "ios":
		return int64(used.Maxrss)
	}
	return int64(used.Maxrss) << 10
}
