package main

import (
	"slices"
	"time"
)

// usage is what a process has used.
type usage struct {
	peakBytes int64
	cpu       time.Duration
}

// opened says how long a cutover took; zero values do not apply.
type opened struct {
	writable time.Duration // until users could write to the destination
	done     time.Duration // until nothing was left to do
}

// figures are what one turn has shown.
type figures struct {
	copied        time.Duration // from the start until documents and indexes were there
	bytes, docs   int64
	ops, events   int64
	write, arrive time.Duration // from the first write until the last answer, and until all was there
	drain         time.Duration // from the last answer until all was there
	copyCPU       time.Duration // of both servers, while copying
	changeCPU     time.Duration // of both servers, until all changes were there
	opened        opened
	used          usage
}

func (f figures) copySeconds() float64      { return f.copied.Seconds() }
func (f figures) megabytesPerS() float64    { return float64(f.bytes) / 1e6 / f.copied.Seconds() }
func (f figures) docsPerS() float64         { return float64(f.docs) / f.copied.Seconds() }
func (f figures) copyCPUSeconds() float64   { return f.copyCPU.Seconds() }
func (f figures) changeCPUSeconds() float64 { return f.changeCPU.Seconds() }
func (f figures) opsPerS() float64          { return float64(f.ops) / f.write.Seconds() }
func (f figures) eventsPerS() float64       { return float64(f.events) / f.arrive.Seconds() }
func (f figures) drainSeconds() float64     { return f.drain.Seconds() }
func (f figures) openSeconds() float64      { return f.opened.writable.Seconds() }
func (f figures) doneSeconds() float64      { return f.opened.done.Seconds() }
func (f figures) peakMB() float64           { return float64(f.used.peakBytes) / 1e6 }
func (f figures) cpuSeconds() float64       { return f.used.cpu.Seconds() }

// median of one figure over the turns of a contestant; of an even number, the
// better of the two in the middle. So a rate and the time it was made from are
// those of the same turn.
func median(turns []figures, of func(figures) float64, moreIsBetter bool) float64 {
	var values []float64
	for _, f := range turns {
		values = append(values, of(f))
	}
	slices.Sort(values)
	switch n := len(values); {
	case n == 0:
		return 0
	case moreIsBetter:
		return values[n/2]
	default:
		return values[(n-1)/2]
	}
}
