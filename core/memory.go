package core

import "github.com/revsync/revsync/core/internal/memory"

// MemoryCeiling is the most memory in bytes that a Syncer's queues and exchanges
// are made for, whatever the sizes of documents and however slow the destination
// is. The Go runtime adds garbage that waits to be collected, about as much
// again, unless the host gives it MemoryLimit, by debug.SetMemoryLimit or the
// environment variable GOMEMLIMIT: then the engine stays below the
// ceiling. The program revsync has its own code and the checks beside it: its whole
// process took 310 MB at most when 1 GB was copied.
const MemoryCeiling = memory.Ceiling

// MemoryLimit is the soft limit in bytes for the runtime; see MemoryCeiling.
const MemoryLimit = memory.Limit
