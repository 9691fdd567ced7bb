package guest

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// TestDeepRepliesCostWhatFlatOnesDo: an aggregation can nest what it reads as deep as a document may be, so that the work
// and memory for a reply must not grow with its depth.
func TestDeepRepliesCostWhatFlatOnesDo(t *testing.T) {
	cost := func(depth int) uint64 {
		doc := json.RawMessage(strings.Repeat(`{"a":`, depth) + `"` + strings.Repeat("x", 1<<20) + `"` + strings.Repeat(`}`, depth))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := relax(t.Context(), doc, 2<<20)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		require.Equal(t, string(doc), string(got))
		return after.TotalAlloc - before.TotalAlloc
	}
	require.Less(t, cost(100), 2*cost(1))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := relax(ended, json.RawMessage(`{}`), 100)
	require.Equal(t, sdk.CodeDeadlineExceeded, code(err))
}

// TestNothingComesBesideAnError: a result over a limit is not handed out at all.
func TestNothingComesBesideAnError(t *testing.T) {
	s := open(&Hosts{Commander: recorder(`{"x":"`+strings.Repeat("x", 3<<20)+`"}`, new([]sent))})
	for _, ejson := range []string{"relaxed", "canonical"} {
		result, err := s.Call(t.Context(), sdk.OpRunCommand, json.RawMessage(`{"cluster":"source","database":"admin","command":{"serverStatus":1},"ejson":"`+ejson+`"}`))
		require.Equal(t, sdk.CodeResourceExhausted, code(err), ejson)
		require.Empty(t, result)
	}
}

// TestCallsAtOnce: however many calls a program makes side by side, the engine holds the replies of a few at a time.
func TestCallsAtOnce(t *testing.T) {
	const calls, atOnce = 20, 3
	var running, most atomic.Int32
	full, goOn := make(chan struct{}), make(chan struct{})
	s := open(&Hosts{Limits: Limits{CallsAtOnce: atOnce}, Commander: CommanderFunc(func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n == atOnce {
			select {
			case full <- struct{}{}:
			case <-goOn:
			}
		}
		<-goOn
		return json.RawMessage(`{"ok":1}`), nil
	})})
	errs := make(chan error, calls)
	for range calls {
		go func() {
			_, err := run(s, "source", "admin", `{"buildInfo":1}`)
			errs <- err
		}()
	}
	<-full
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Call(ctx, sdk.OpTimeNow, nil)
	require.Equal(t, sdk.CodeDeadlineExceeded, code(err), "who waits for a turn does not outwait its evaluation")
	close(goOn)
	for range calls {
		require.NoError(t, <-errs)
	}
	require.EqualValues(t, atOnce, most.Load())
}
