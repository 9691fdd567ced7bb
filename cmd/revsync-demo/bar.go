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
	// rateInterval is how long a rate is measured before it is shown.
	rateInterval = 500 * time.Millisecond
)

// bar shows how far the copy has come. On a terminal it is one line that is
// written again; in a log it is a line now and then.
type bar struct {
	begin, shown time.Time
	first        int64 // bytes at begin
	full         bool
}

func (b *bar) show(out *screen, copied, total int64) {
	if b.begin.IsZero() {
		b.begin, b.first = time.Now(), copied
	}
	b.full = copied >= total
	text := b.line(copied, total)
	switch {
	case out.terminal:
		out.rewrite("        " + text)
	case b.full || time.Since(b.shown) >= logInterval:
		b.shown = time.Now()
		out.say("%s", text)
	}
}

// finish fills a bar that was begun.
func (b *bar) finish(out *screen, total int64) {
	if !b.begin.IsZero() && !b.full {
		b.show(out, total, total)
	}
}

func (b *bar) line(copied, total int64) string {
	drawn := progressbar.NewOptions64(total, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	if err := drawn.Set64(copied); err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%s %d of %d MB", strings.TrimSpace(drawn.String()), copied/1e6, total/1e6)
	if took := time.Since(b.begin); took > rateInterval {
		text += fmt.Sprintf(", %.0f MB/s", float64(copied-b.first)/1e6/took.Seconds())
	}
	return text
}
