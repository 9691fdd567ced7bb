package wasm

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

// What one instance leaves, no other sees; what an instance has when it grows, it keeps.
func TestMemoryIsPassedOnClean(t *testing.T) {
	m := memories.New().(*memory)
	zero := make([]byte, 4*roomBytes)
	first := m.Allocate(1, 1).Reallocate(1 << 16)
	require.Len(t, first, 1<<16)
	copy(first, bytes.Repeat([]byte{1}, len(first)))
	for _, size := range []uint64{1 << 20, roomBytes, roomBytes + 1<<16, 2 * roomBytes} {
		had := bytes.Clone(m.bytes)
		now := m.Reallocate(size)
		require.Len(t, now, int(size))
		require.True(t, bytes.Equal(had, now[:len(had)]))
		require.True(t, bytes.Equal(zero[:len(now)-len(had)], now[len(had):]), "%d", size)
		copy(now[len(had):], bytes.Repeat([]byte{2}, len(now)-len(had)))
	}
	m.Free()
	require.Equal(t, byte(1), m.bytes[0], "code that still runs has its memory")
	m.release()
	require.Empty(t, m.bytes)
	require.True(t, bytes.Equal(zero[:cap(m.bytes)], m.bytes[:cap(m.bytes)]))
}

// A module that is closed while its code runs lets go of the memory, as wazero sees it, and the code goes on in what it
// has: what it writes behind the end that was known then must not reach another instance either.
func TestMemoryThatGrowsAfterACloseIsPassedOnClean(t *testing.T) {
	m, err := Load(t.Context(), hostile("", i(0)).bytes(), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close(t.Context())) })
	mem := memories.New().(*memory)
	ctx := experimental.WithMemoryAllocator(t.Context(), mem)
	instance, err := m.runtime.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithName(""))
	require.NoError(t, err)
	guest := instance.Memory()
	require.NoError(t, instance.Close(t.Context()))
	size, ok := guest.Grow(1)
	require.True(t, ok)
	const page = 1 << 16
	require.True(t, guest.WriteString(size*page, "a secret"))
	mem.release()
	require.True(t, bytes.Equal(make([]byte, cap(mem.bytes)), mem.bytes[:cap(mem.bytes)]))
}
