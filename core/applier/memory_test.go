package applier_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/memory"
)

// TestMemoryCeiling replays a backlog of three times the ceiling's share, with
// documents of 16 MB in it, on a destination that takes 100 ms for each command,
// while the changes of one collection wait for an index and fill their line.
func TestMemoryCeiling(t *testing.T) {
	p := newPair(t)
	w := p.world(t)
	w.many("slow index", 5)
	w.many("c", 5)
	w.replay()
	w.rewind(w.position())
	started, release := w.holdIndexBuilds()
	w.do("createIndexes", "slow index", "indexes", index("x"))
	text := strings.Repeat("t", 20_000)
	for i := range 8 {
		docs, waiting := bson.A{}, bson.A{}
		for k := range 600 {
			docs = append(docs, d("_id", 1000*(i+1)+k, "text", text))
		}
		for k := range 100 {
			waiting = append(waiting, d("_id", 1000*(i+1)+k, "text", text))
		}
		w.do("insert", "c", "documents", docs)
		w.do("insert", "slow index", "documents", waiting)
		if i%3 == 0 {
			w.do("insert", "c", "documents", bson.A{d("_id", i+100, "big", strings.Repeat("b", 16<<20-100))})
		}
	}
	fail(t, p.b, "alwaysOn", d("blockConnection", true, "blockTimeMS", 100), "insert", "update", "delete")

	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memory.Limit))
	runtime.GC()
	debug.FreeOSMemory()
	before, peak := memory.Used(), int64(0)
	cfg := w.config()
	cfg.Workers = 0
	r := w.run(cfg)
	started(1)
	end := w.note()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	deadline, asked := time.After(2*limit), false
	for ended := false; !ended; {
		select {
		case <-ticker.C:
			peak = max(peak, memory.Used())
			if !asked && r.Status().Events >= 4800 { // most of the others have gone past
				release()
				r.StopAt(end)
				asked = true
			}
		case err := <-r.ended:
			require.NoError(t, err)
			ended = true
		case <-deadline:
			require.FailNow(t, "the replay does not end", "%+v", r.Status())
		}
	}
	t.Logf("before %d MB, peak %d MB", before>>20, peak>>20)
	require.Less(t, peak, int64(memory.Ceiling))
	w.same()
}
