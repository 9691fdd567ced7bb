package wasm

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// fuzzHost answers with a result of some size.
type fuzzHost struct{ size int }

func (h fuzzHost) Call(context.Context, string, json.RawMessage) (json.RawMessage, error) {
	return make(json.RawMessage, h.size), nil
}

func (fuzzHost) Log(context.Context, sdk.Level, string) {}

// FuzzABI: a guest calls one import with any pointers and lengths, looks at a result, and returns any status and text.
// That ends in an answer or in an error, and the next evaluation is not touched by it.
func FuzzABI(f *testing.F) {
	for _, n := range []int32{0, 1, -1, dataAt, 65535, 65536, 1 << 30, -1 << 31, 1<<31 - 1} {
		for fn := range byte(fnFirst) {
			f.Add(fn, n, int32(8), n, int32(8), int32(0), []byte(fine))
			f.Add(fn, int32(dataAt), n, int32(dataAt), n, n, []byte(`{"code":9,"message":"m"}`))
		}
	}
	f.Fuzz(func(t *testing.T, fn byte, a, b, c, d, status int32, text []byte) {
		if len(text) > 32<<10 {
			t.Skip("does not fit into the guest's one page")
		}
		which := int(fn) % fnFirst
		args := []int{int(a), int(b), int(c), int(d)}[:contract[which].params]
		body := do(which, args...)
		if contract[which].results > 0 {
			body = append(body, opDrop)
		}
		m := hostile(string(text), body, do(fnResult, int(c), int(d)), op(opDrop), say(textAt, len(text)), i(int(status)))
		module, err := Load(t.Context(), m.bytes(), Options{MemoryMiB: 1})
		require.NoError(t, err)
		defer func() { require.NoError(t, module.Close(t.Context())) }()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		first, errFirst := module.Evaluate(ctx, fuzzHost{size: len(text) % 257}, &sdk.Request{Component: "c"})
		second, errSecond := module.Evaluate(ctx, fuzzHost{size: len(text) % 257}, &sdk.Request{Component: "c"})
		require.NoError(t, ctx.Err())
		require.Equal(t, first, second)
		require.Equal(t, errFirst == nil, errSecond == nil)
		if errFirst == nil {
			require.Zero(t, status)
			require.NotNil(t, first.Findings)
		}
	})
}
