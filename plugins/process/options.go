package process

import (
	"os"
	"time"
)

// Options says how module processes are run. The zero value is the default.
type Options struct {
	// Dir is where each module gets a folder of its own, for its program and its sockets; the system's folder for
	// temporary files when empty. Programs in it must be allowed to run, and its path must be short: a socket's path has
	// little more than 100 bytes.
	Dir string
	// Start is the longest time from the start of a process until it is connected, default 20 s.
	Start time.Duration
	// Grace is the time from the end of an evaluation's context until the process is killed, default 1 s. It has to be
	// shorter than the runner's (plugins.Limits.Grace).
	Grace time.Duration
	// FileBytes caps the size of a program, default 64 MiB.
	FileBytes int
}

const (
	defaultStart     = 20 * time.Second
	defaultGrace     = time.Second
	defaultFileBytes = 64 << 20
	outputTailBytes  = 8 << 10 // of what a process prints, kept for errors
	describeTime     = 30 * time.Second
)

func (o Options) orDefaults() Options {
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	if o.Start <= 0 {
		o.Start = defaultStart
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	if o.FileBytes <= 0 {
		o.FileBytes = defaultFileBytes
	}
	return o
}
