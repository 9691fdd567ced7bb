package copier_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/internal/memory"
)

// TestMemoryCeiling copies more than the ceiling, half of it in documents of
// 16 MB, to a destination that takes 100 ms for each command.
func TestMemoryCeiling(t *testing.T) {
	w := newWorld(t)
	text := strings.Repeat("t", 20_000)
	for i := range 15 {
		docs := []any{}
		for k := range 400 {
			docs = append(docs, bson.D{{Key: "_id", Value: 1000*i + k}, {Key: "text", Value: text}})
		}
		w.insert("shop", "small", docs...)
		if i%2 == 0 {
			w.insert("shop", "large", bson.D{{Key: "_id", Value: i}, {Key: "text", Value: strings.Repeat("b", maxDocument-100)}})
		}
	}
	failCommand(t, w.dst, "alwaysOn", bson.D{{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 100}})
	job := w.job(w.catalog("shop"), copier.Limits{})
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)

	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memory.Limit))
	runtime.GC()
	debug.FreeOSMemory()
	before, peak := memory.Used(), int64(0)
	done := begin(w.ctx(), job)
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for copying := true; copying; {
		select {
		case <-ticker.C:
			peak = max(peak, memory.Used())
		case err := <-done:
			require.NoError(t, err)
			copying = false
		}
	}
	t.Logf("before %d MB, peak %d MB", before>>20, peak>>20)
	require.Less(t, peak, int64(memory.Ceiling))
	w.requireEqual("shop", "small", false)
	w.requireEqual("shop", "large", false)
}
