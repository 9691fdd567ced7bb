// Package memory divides the memory that the engine may take among the queues
// that hold documents.
//
// The ceiling is for the worst case: a destination slower than its source, and
// documents of 16 MB. All else (connections, the catalog, the program itself) is
// small beside that and has its part in it. For the process to stay below the
// ceiling, its Go runtime must know it: debug.SetMemoryLimit(memory.Limit), or
// the environment variable GOMEMLIMIT. Otherwise garbage that waits to be
// collected comes on top, about as much again.
package memory

import "runtime/metrics"

// Ceiling is the most memory that the engine takes, in bytes.
const Ceiling = 256 << 20

// Limit is what the Go runtime is told: the ceiling without what is not its own
// (the program's code), and without what it takes beyond a limit before it has
// collected enough.
const Limit = Ceiling * 3 / 4

// The shares of the queues. What is not given away is for exchanges under way: at
// most two replies of 16 MB that are being read, and for each writer a command of
// up to 16 MB and its copy in the driver.
const (
	// CopyBatches bounds the batches between the readers and writers of a copy.
	CopyBatches = Ceiling / 8
	// OpenReplies bounds the change stream's replies whose changes are not all written.
	OpenReplies = Ceiling / 8
	// WaitingEvents bounds the change events that wait for a schema event; more
	// than one of 16 MB.
	WaitingEvents = Ceiling * 5 / 64
)

// Used is the memory that the Go runtime of this process has taken from the
// system and not given back, in bytes.
func Used() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64()) - int64(samples[1].Value.Uint64())
}
