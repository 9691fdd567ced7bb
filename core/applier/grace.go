package applier

import (
	"context"
	"errors"
	"time"
)

// grace makes the context of the work in hand: it goes on for a while after run
// has ended, but not after an ErrAbandoned, whoever says it. The caller releases it,
// which waits for its goroutine.
func grace(ctx, run context.Context) (work context.Context, release func()) {
	work, cut := context.WithCancelCause(context.WithoutCancel(run))
	finished, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-run.Done():
			if !errors.Is(context.Cause(run), ErrAbandoned) {
				linger(ctx, finished)
			}
		case <-finished:
		}
		cut(context.Cause(run))
	}()
	return work, func() { close(finished); <-ended }
}

// linger waits for the end of the grace time, of the work, or of the right to
// do it.
func linger(ctx context.Context, finished <-chan struct{}) {
	timer := time.NewTimer(graceTime)
	defer timer.Stop()
	over := ctx.Done()
	for {
		select {
		case <-timer.C:
			return
		case <-finished:
			return
		case <-over:
			if errors.Is(context.Cause(ctx), ErrAbandoned) {
				return
			}
			over = nil
		}
	}
}
