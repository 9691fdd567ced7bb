package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
)

// row is one line of the table.
type row struct {
	name     string
	of       func(figures) float64
	decimals int
	more     bool // is better
	engine   bool // the loops have nothing to compare with
}

var rows = []row{
	{name: "copy, s", of: figures.copySeconds, decimals: 2},
	{name: "copy, MB/s", of: figures.megabytesPerS, decimals: 1, more: true},
	{name: "copy, documents/s", of: figures.docsPerS, more: true},
	{name: "copy, CPU time of the servers, s", of: figures.copyCPUSeconds, decimals: 1},
	{name: "writers, operations/s", of: figures.opsPerS, more: true},
	{name: "changes, events/s", of: figures.eventsPerS, more: true},
	{name: "changes, CPU time of the servers, s", of: figures.changeCPUSeconds, decimals: 1},
	{name: "drain after the last write, s", of: figures.drainSeconds, decimals: 3},
	{name: "commit until users can write, s", of: figures.openSeconds, decimals: 3, engine: true},
	{name: "commit until COMMITTED, s", of: figures.doneSeconds, decimals: 3, engine: true},
	{name: "peak memory, MB", of: figures.peakMB, engine: true},
	{name: "CPU time of the process, s", of: figures.cpuSeconds, decimals: 1, engine: true},
}

// print writes what was measured, and the table.
func (b *bench) print(out io.Writer) error {
	f := b.turns[engineName][0]
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s documents, %s, %d collections; then %s operations by %d writers (%s changes)\n",
		grouped(float64(f.docs)), megabytes(f.bytes), len(b.data)+len(liveColls)+1, grouped(float64(f.ops)), b.writers, grouped(float64(f.events)))
	fmt.Fprintf(&text, "%d CPUs, mongod %s with %g GB cache, one member each; medians of %d rounds (of two, the better); at most %s on disk\n\n",
		runtime.NumCPU(), b.server, b.cacheGB, b.rounds, megabytes(b.diskMax))
	if err := table(&text, b.turns[rawName], b.turns[engineName]); err != nil {
		return err
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// table aligns its columns to the right, but the first.
func table(out io.Writer, raw, engine []figures) error {
	lines := [][4]string{{"", rawName, engineName, engineName + "/raw"}}
	for _, r := range rows {
		lines = append(lines, r.cells(median(raw, r.of, r.more), median(engine, r.of, r.more)))
	}
	width := 0
	for _, l := range lines {
		width = max(width, len(l[0]))
	}
	w := tabwriter.NewWriter(out, 12, 0, 2, ' ', tabwriter.AlignRight)
	for _, l := range lines {
		if _, err := fmt.Fprintf(w, "%-*s\t%s\t%s\t%s\t\n", width, l[0], l[1], l[2], l[3]); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (r row) cells(raw, engine float64) [4]string {
	c := [4]string{r.name, "-", number(engine, r.decimals), "-"}
	if !r.engine {
		c[1] = number(raw, r.decimals)
		if raw > 0 {
			c[3] = strconv.FormatFloat(engine/raw, 'f', 2, 64)
		}
	}
	return c
}

func number(v float64, decimals int) string {
	switch {
	case v == 0:
		return "-" // not known
	case decimals > 0:
		return strconv.FormatFloat(v, 'f', decimals, 64)
	}
	return grouped(v)
}

// grouped is a whole number with commas: 2,100,000.
func grouped(v float64) string {
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
