package core

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
)

// faultBook keeps what is going wrong right now, by the call that goes wrong:
// since when and how often. A success of the same call strikes it out.
type faultBook struct {
	mu   sync.Mutex
	open map[string]lifecycle.Failure
	log  *slog.Logger
}

func (b *faultBook) report(what string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, known := b.open[what]
	if err == nil {
		if known {
			delete(b.open, what)
			b.log.Info("works again", "call", what, "tries", f.Tries, "afterMillis", time.Since(f.Since).Milliseconds())
		}
		return
	}
	if b.open == nil {
		b.open = map[string]lifecycle.Failure{}
	}
	if !known {
		f.Since = time.Now().UTC()
	}
	f.Message, f.Tries = what+": "+err.Error(), f.Tries+1
	b.open[what] = f
	if f.Tries&(f.Tries-1) == 0 { // the 1st, 2nd, 4th, ... time: a long fault must not flood the log
		b.log.Warn("failing, trying again", "call", what, "tries", f.Tries, "error", err.Error())
	}
}

// forget strikes out the faults of work that is over. They would never be struck
// out by a success, and look like something that holds up what came after.
func (b *faultBook) forget(keep ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for what := range b.open {
		if !slices.Contains(keep, what) {
			delete(b.open, what)
		}
	}
}

// oldest is the fault that has lasted longest, nil when all is well.
func (b *faultBook) oldest() *lifecycle.Failure {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out *lifecycle.Failure
	for _, f := range b.open {
		if out == nil || f.Since.Before(out.Since) {
			out = &f
		}
	}
	return out
}
