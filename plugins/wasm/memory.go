package wasm

import (
	"sync"

	"github.com/tetratelabs/wazero/experimental"
)

// memory is the linear memory of one instance. wazero's own is copied whenever it grows, and every instance touches
// new pages of the system: for a Go module that is a third of an evaluation. So memory is made with room to grow, and
// goes on to another instance, with nothing left in it.
type memory struct {
	bytes []byte // what the instance has; everything behind it up to the capacity is zero
}

// roomBytes is what a Go module takes.
const roomBytes = 4 << 20

// memories are those that no instance has. The garbage collector takes what is not used for a while.
var memories = sync.Pool{New: func() any { return &memory{bytes: make([]byte, 0, roomBytes)} }}

// Allocate implements experimental.MemoryAllocator, for the one memory that an instance has.
func (m *memory) Allocate(uint64, uint64) experimental.LinearMemory { return m }

// Reallocate implements experimental.LinearMemory; wazero asks for no more than the cap. The slice has no room behind
// it: wazero forgets this memory when the instance is closed, and code that still runs then grows what it has by append.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(cap(m.bytes)) {
		grown := make([]byte, len(m.bytes), max(size, uint64(2*cap(m.bytes))))
		copy(grown, m.bytes)
		m.bytes = grown
	}
	m.bytes = m.bytes[:size]
	return m.bytes[:size:size]
}

// Free does nothing: an instance can be closed while its code still runs, and writes. See release.
func (m *memory) Free() {}

// release passes the memory on. Whoever calls it knows that no code of the instance runs any more.
func (m *memory) release() {
	clear(m.bytes)
	m.bytes = m.bytes[:0]
	memories.Put(m)
}
