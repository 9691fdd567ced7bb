package mongotest

import (
	"context"
	"errors"
	"time"
)

var errLocked = errors.New("held by another process")

// poll calls done every interval until it says true or returns an error, or the
// context ends.
func poll(ctx context.Context, interval time.Duration, done func() (bool, error)) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
