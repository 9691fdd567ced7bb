package main

import (
	"fmt"
	"strings"
	"time"
)

// text is the whole snapshot, one fact a line, the alarming ones last where the
// prompt is.
func (p *progressView) text() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintln(&b, p.State)
	if d := p.DirectionMapping; d != nil {
		row("direction", "%s -> %s%s", d.Source, d.Destination, p.epoch())
	}
	if doing := p.doing(); doing != "" {
		row("doing", "%s", doing)
	}
	for _, c := range p.Checking {
		row("asking", "%s", c)
	}
	if c := p.CollectionCopy; c != nil && c.Total > 0 { // a reversed sync copies nothing
		row("copied", "%s of %s", byteText(c.Copied), byteText(c.Total))
	}
	if x := p.IndexBuilding; x != nil {
		row("indexes", "%d of %d built", x.Built, x.Total)
	}
	if lag := p.lag(); lag != "" {
		row("lag", "%s", lag)
	}
	if p.TotalEventsApplied != nil {
		row("applied", "%d change events since this process began", *p.TotalEventsApplied)
	}
	p.textOfRights(row)
	p.textOfDangers(row)
	return b.String()
}

func (p *progressView) textOfRights(row func(name, format string, args ...any)) {
	switch {
	case p.CanCommit:
		row("commit", "possible now")
	case p.CannotCommitReason != nil:
		row("commit", "not now: %s", *p.CannotCommitReason)
	}
	if p.CanWrite != nil {
		row("users", "%s", map[bool]string{true: "may write to the destination", false: "must not write to the destination"}[*p.CanWrite])
	}
	if p.Reversible != nil {
		row("reverse", "%s", p.wayBack())
	}
}

func (p *progressView) wayBack() string {
	switch {
	case !*p.Reversible:
		return "not possible: the sync was not started reversible"
	case p.ReverseWindowSecondsLeft == nil:
		return "possible once the sync is committed"
	}
	return fmt.Sprintf("possible; the destination's oplog reaches %v further back than is needed",
		time.Duration(*p.ReverseWindowSecondsLeft)*time.Second)
}

func (p *progressView) textOfDangers(row func(name, format string, args ...any)) {
	if p.EstimatedOplogTimeRemaining != nil {
		row("oplog", "the source keeps what is needed for: %s", *p.EstimatedOplogTimeRemaining)
	}
	for _, w := range p.Warnings {
		row("WARNING", "%s", w)
	}
	if e := p.LastError; e != nil {
		row("LAST ERROR", "%s (since %s, tries: %d)", e.Message, e.Since.Local().Format(time.DateTime), e.Tries)
	}
}

func (p *progressView) epoch() string {
	if p.Epoch == nil || *p.Epoch == 0 {
		return ""
	}
	return fmt.Sprintf(" (reversals so far: %d)", *p.Epoch)
}

func (p *progressView) doing() string {
	parts := []string{}
	for _, s := range []*string{p.Info, p.CEAStage, p.Step} {
		if s != nil {
			parts = append(parts, *s)
		}
	}
	return strings.Join(parts, ", ")
}

// line is the short form for --watch. A narrow terminal cuts its end off, so
// trouble comes first and the wordy parts last.
func (p *progressView) line() string {
	parts := []string{p.State}
	if e := p.LastError; e != nil {
		parts = append(parts, "ERROR: "+e.Message)
	}
	if d := p.DirectionMapping; d != nil {
		from, _, _ := strings.Cut(d.Source, ":")
		to, _, _ := strings.Cut(d.Destination, ":")
		parts = append(parts, from+" -> "+to)
	}
	if len(p.Checking) > 0 {
		parts = append(parts, "asking "+p.Checking[0].String())
	}
	if lag := p.lag(); lag != "" {
		parts = append(parts, "lag "+lag)
	}
	if p.CanCommit {
		parts = append(parts, "can commit")
	}
	if p.CanWrite != nil && *p.CanWrite {
		parts = append(parts, "destination open")
	}
	if x := p.IndexBuilding; x != nil {
		parts = append(parts, fmt.Sprintf("indexes %d/%d", x.Built, x.Total))
	}
	if doing := p.doing(); doing != "" {
		parts = append(parts, doing)
	}
	return strings.Join(parts, " | ")
}

// byteText rounds to three digits or so: 694 B, 1.5 MB.
func byteText(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	v, prefix := float64(n), ""
	for _, p := range []string{"k", "M", "G", "T", "P"} {
		if v < unit {
			break
		}
		v, prefix = v/unit, p
	}
	return fmt.Sprintf("%.1f %sB", v, prefix)
}
