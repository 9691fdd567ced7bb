package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// watchPatience is how long --watch waits for a server that has answered before
// and is gone now: a restart takes seconds.
const watchPatience = time.Minute

// watch shows progress until ctx ends. On a terminal it rewrites one line;
// elsewhere it prints a line whenever something other than the lag has changed.
func (c *client) watch(ctx context.Context, out io.Writer, interval time.Duration) error {
	if interval <= 0 {
		return errors.New("--interval must be more than 0")
	}
	show := c.painter(out)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	var silentSince time.Time
	for first := true; ; first = false {
		a, err := c.call(ctx, http.MethodGet, "progress", "")
		switch {
		case ctx.Err() != nil:
			return show.end()
		case err == nil:
			silentSince = time.Time{}
		case first:
			return err
		case silentSince.IsZero():
			silentSince = time.Now()
		case time.Since(silentSince) > watchPatience:
			return errors.Join(show.end(), err)
		}
		if err := show.paint(a, err); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return show.end()
		}
	}
}

// painter writes what watch has found.
type painter struct {
	out      io.Writer
	terminal *os.File // nil when out is none
	raw      bool
	last     string
}

func (c *client) painter(out io.Writer) *painter {
	p := &painter{out: out, raw: c.raw}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.terminal = file
	}
	return p
}

func (p *painter) paint(a answer, failed error) error {
	if p.raw && failed == nil {
		_, err := p.out.Write(a.raw)
		return err
	}
	line := "no answer: "
	switch {
	case failed != nil:
		line += failed.Error()
	case a.Progress == nil:
		line += a.ErrorDescription
	default:
		line = bar(a.Progress) + a.Progress.line()
	}
	return p.write(line)
}

func (p *painter) write(line string) error {
	same := line == p.last
	p.last = line
	if p.terminal != nil {
		_, err := fmt.Fprintf(p.out, "\r\033[K%s", fit(line, p.terminal))
		return err
	}
	if same {
		return nil
	}
	_, err := fmt.Fprintln(p.out, line)
	return err
}

// fit cuts a line to the terminal's width: one that wraps could not be rewritten.
func fit(line string, terminal *os.File) string {
	width, _, err := term.GetSize(int(terminal.Fd()))
	if runes := []rune(line); err == nil && width > 0 && len(runes) > width {
		return string(runes[:width])
	}
	return line
}

// end leaves the cursor on a line of its own.
func (p *painter) end() error {
	if p.terminal == nil {
		return nil
	}
	_, err := fmt.Fprintln(p.out)
	return err
}

// bar is a progress bar in front of the line while the copy is under way.
func bar(p *progressView) string {
	c := p.CollectionCopy
	if c == nil || c.Total <= 0 || c.Copied >= c.Total || p.State != "RUNNING" && p.State != "PAUSED" {
		return ""
	}
	b := progressbar.NewOptions64(c.Total, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(16),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	if b.Set64(c.Copied) != nil {
		return ""
	}
	return fmt.Sprintf("%s %s/%s | ", strings.TrimSpace(b.String()), byteText(c.Copied), byteText(c.Total))
}
