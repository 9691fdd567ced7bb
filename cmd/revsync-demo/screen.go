package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/revsync/revsync/cmd/internal/child"
)

// screen is where the story is told: a terminal, on which a line can be written
// again, or a log, in which each line stays.
type screen struct {
	file     *os.File
	terminal bool
	begin    time.Time
	chapters int
	open     bool // the terminal's last line is one that is written again
}

func newScreen(file *os.File) *screen {
	return &screen{file: file, terminal: term.IsTerminal(int(file.Fd())), begin: time.Now()}
}

// chapter begins a part of the story.
func (s *screen) chapter(title string) {
	s.chapters++
	s.print(fmt.Sprintf("\n%d. %s", s.chapters, title))
}

// say prints a line with the seconds since the beginning.
func (s *screen) say(format string, args ...any) {
	s.print(fmt.Sprintf("%6.1f  ", time.Since(s.begin).Seconds()) + fmt.Sprintf(format, args...))
}

// curl prints a call as an operator would type it.
func (s *screen) curl(a child.API, path, body string) { s.say("$ %s", a.Curl(path, body)) }

// print writes a line for good. When nobody can read any more there is nobody to tell.
func (s *screen) print(line string) {
	s.keepLine()
	_, _ = fmt.Fprintln(s.file, line)
}

// keepLine leaves the line that was written again as it is.
func (s *screen) keepLine() {
	if s.open {
		_, _ = fmt.Fprintln(s.file)
	}
	s.open = false
}

// rewrite writes a line over the one that rewrite wrote before. Only for terminals.
func (s *screen) rewrite(line string) {
	width, _, err := term.GetSize(int(s.file.Fd()))
	if runes := []rune(line); err == nil && width > 0 && len(runes) >= width {
		line = string(runes[:width-1]) // a line that wraps could not be written over
	}
	_, _ = fmt.Fprint(s.file, "\r\033[K", line)
	s.open = true
}

// table prints rows of two columns.
func (s *screen) table(title string, rows [][2]string) {
	widest := 0
	for _, row := range rows {
		widest = max(widest, len(row[0]))
	}
	s.print("\n" + title)
	for _, row := range rows {
		s.print(fmt.Sprintf("  %s%s  %s", row[0], strings.Repeat(" ", widest-len(row[0])), row[1]))
	}
}
