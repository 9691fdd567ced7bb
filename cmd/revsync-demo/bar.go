package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

const (
	barWidth = 30
	// logInterval is the time between two lines when they all stay.
	logInterval = time.Second
)

// bar shows how far the copy has come. On a terminal it is one line; in a log it is
// a line now and then.
type bar struct {
	begin, shown time.Time
	last         string
}

func (b *bar) show(out *screen, copied, total int64) {
	if b.begin.IsZero() {
		b.begin = time.Now()
	}
	b.last = line(copied, total, time.Since(b.begin))
	if out.terminal {
		out.rewrite("        " + b.last)
	} else if time.Since(b.shown) >= logInterval {
		b.shown = time.Now()
		out.say("%s", b.last)
	}
}

func line(copied, total int64, took time.Duration) string {
	drawn := progressbar.NewOptions64(total, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	if err := drawn.Set64(copied); err != nil {
		return err.Error()
	}
	rate := float64(copied) / 1e6 / max(took.Seconds(), 0.001)
	return fmt.Sprintf("%s %d of %d MB, %.0f MB/s", strings.TrimSpace(drawn.String()), copied/1e6, total/1e6, rate)
}
