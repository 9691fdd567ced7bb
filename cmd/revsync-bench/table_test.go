package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	t.Parallel()
	turn := func(copied time.Duration) figures {
		return figures{copied: copied, bytes: 1e9, docs: 2_000_000, ops: 200_000, events: 190_000,
			copyCPU: 21 * time.Second, changeCPU: 30 * time.Second,
			write: 20 * time.Second, arrive: 20100 * time.Millisecond, drain: 100 * time.Millisecond,
			opened: opened{writable: 50 * time.Millisecond, done: 80 * time.Millisecond},
			used:   usage{peakBytes: 165e6, cpu: 3 * time.Second}}
	}
	loops := figures{copied: 10 * time.Second, bytes: 1e9, docs: 2_000_000, ops: 200_000, events: 190_000,
		copyCPU: 20 * time.Second, changeCPU: 30 * time.Second,
		write: 20 * time.Second, arrive: 20050 * time.Millisecond, drain: 50 * time.Millisecond}
	var b strings.Builder
	require.NoError(t, table(&b, []figures{loops}, []figures{turn(12 * time.Second), turn(11 * time.Second)}))
	require.Equal(t, strings.TrimPrefix(`
                                        raw loops     revsync  revsync/raw
  copy, s                                   10.00       11.00         1.10
  copy, MB/s                                100.0        90.9         0.91
  copy, documents/s                       200,000     181,818         0.91
  copy, CPU time of the servers, s           20.0        21.0         1.05
  writers, operations/s                    10,000      10,000         1.00
  changes, events/s                         9,476       9,453         1.00
  changes, CPU time of the servers, s        30.0        30.0         1.00
  drain after the last write, s             0.050       0.100         2.00
  commit until users can write, s               -       0.050            -
  commit until COMMITTED, s                     -       0.080            -
  peak memory, MB                               -         165            -
  CPU time of the process, s                    -         3.0            -
`, "\n"), b.String())
}

func TestMedian(t *testing.T) {
	t.Parallel()
	seconds := func(all ...time.Duration) (turns []figures) {
		for _, d := range all {
			turns = append(turns, figures{copied: d * time.Second})
		}
		return turns
	}
	require.Zero(t, median(nil, figures.copySeconds, false))
	require.InDelta(t, 7, median(seconds(7), figures.copySeconds, false), 1e-9)
	require.InDelta(t, 5, median(seconds(9, 2, 5), figures.copySeconds, false), 1e-9)
	require.InDelta(t, 3, median(seconds(9, 2, 5, 3), figures.copySeconds, false), 1e-9)
	require.InDelta(t, 5, median(seconds(9, 2, 5, 3), figures.copySeconds, true), 1e-9)
}
