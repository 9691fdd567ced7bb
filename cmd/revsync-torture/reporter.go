package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// reporter tells whoever waits what is going on. Losing a line changes nothing.
type reporter struct {
	mu    sync.Mutex
	out   io.Writer
	begin time.Time
}

func (r *reporter) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.out, "%6.1f  %s\n", time.Since(r.begin).Seconds(), fmt.Sprintf(format, args...))
}
