package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// printAll writes the table and the line about the first verdict.
func printAll(out io.Writer, pairs []*pair, verdicts []verdict) error {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%d CPUs, %s; milliseconds, fastest / median of the rounds (%d), each in a fresh process\n", runtime.NumCPU(), runtime.GOARCH, len(pairs[0].rounds))
	w := tabwriter.NewWriter(&text, 10, 0, 2, ' ', tabwriter.AlignRight)
	base := best(pairs[0].rounds, call)
	for i, p := range pairs {
		if i == 0 || pairs[i-1].runtime != p.runtime {
			fmt.Fprintln(w)
			line(w, p.runtime, "load", "from cache", "instance", "call 1 KB", "x function", "peak MB")
		}
		line(w, "  "+p.module, both(p.rounds, load), both(p.rounds, cached), both(p.rounds, instance), both(p.rounds, call),
			times(best(p.rounds, call), base), number(best(p.rounds, peak)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&text, "\nfirst verdict of all built-in checks from the start of a process: %s ms, processor time %s ms (%d times; the aim is %d ms)\n",
		both(verdicts, func(v verdict) float64 { return v.millis }), both(verdicts, func(v verdict) float64 { return v.cpuMillis }), len(verdicts), aimMillis)
	_, err := io.WriteString(out, text.String())
	return err
}

// line aligns its cells to the right, but the first.
func line(w io.Writer, cells ...string) {
	const width = len(inCompiler)
	fmt.Fprintf(w, "%-*s\t%s\t\n", width, cells[0], strings.Join(cells[1:], "\t"))
}

func load(f figures) float64     { return f.LoadMillis }
func cached(f figures) float64   { return f.CachedMillis }
func instance(f figures) float64 { return f.InstanceMillis }
func call(f figures) float64     { return f.CallMillis }
func peak(f figures) float64     { return f.PeakMB }

// both is the smallest and the median, "-" when the figure does not exist.
func both[T any](list []T, of func(T) float64) string {
	values := sorted(list, of)
	if values[0] < 0 {
		return "-"
	}
	return number(values[0]) + " / " + number(values[len(values)/2])
}

func best[T any](list []T, of func(T) float64) float64 { return sorted(list, of)[0] }

func sorted[T any](list []T, of func(T) float64) (values []float64) {
	for _, v := range list {
		values = append(values, of(v))
	}
	slices.Sort(values)
	return values
}

// number has as many digits as say something.
func number(v float64) string {
	switch {
	case v < 0:
		return "-"
	case v < 0.1:
		return strconv.FormatFloat(v, 'f', 4, 64)
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

func times(v, base float64) string {
	if base <= 0 {
		return "-"
	}
	return strconv.FormatFloat(v/base, 'f', 0, 64)
}
