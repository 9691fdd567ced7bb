package applier

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// checkpoints stores the watermark's position when it has moved. Every write on
// the destination is acknowledged by a majority before its event is done, so
// what lies before the position cannot be lost any more.
type checkpoints struct {
	marks  *watermark
	store  func(context.Context, lifecycle.Position) error
	report mdb.Report

	mu   sync.Mutex // one write at a time, so that the position never goes back
	last lifecycle.Position
}

func (c *checkpoints) write(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.marks.position()
	if bytes.Equal(p.Token, c.last.Token) && p.Time == c.last.Time {
		return nil
	}
	point.Hit("apply.checkpoint.before")
	err := mdb.Retry(ctx, "write the position", c.report, func(ctx context.Context) error { return c.store(ctx, p) })
	if err != nil {
		return fmt.Errorf("write the position %s: %w", p.Time, err)
	}
	point.Hit("apply.checkpoint.after")
	c.last = p
	return nil
}

// loop writes every now and then until run ends; a write under way goes on in
// work.
func (c *checkpoints) loop(run, work context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-run.Done():
			return nil
		case <-ticker.C:
			if err := c.write(work); err != nil {
				return err
			}
		}
	}
}
