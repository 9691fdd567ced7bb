package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// stopTimeout bounds the time from a stop signal to the exit. Giving up is safe:
// the engine continues from its record after any kind of end.
const stopTimeout = 9 * time.Second

// runTogether runs all parts until ctx ends or one of them does, then waits for
// the others. It returns nil only if ctx ended and every part stopped in order.
func runTogether(ctx context.Context, parts ...func(context.Context) error) error {
	group, inner := errgroup.WithContext(ctx)
	for _, part := range parts {
		group.Go(func() error {
			err := part(inner)
			if err == nil && inner.Err() == nil {
				err = errors.New("a part of the server ended by itself, which is a bug")
			}
			return err
		})
	}
	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	<-inner.Done()
	late := time.NewTimer(stopTimeout)
	defer late.Stop()
	select {
	case err := <-ended:
		return unlessStopped(ctx, err)
	case <-late.C:
		return fmt.Errorf("not everything stopped within %v; the next start goes on from the recorded position", stopTimeout)
	}
}

// unlessStopped drops the error that a stop on request causes by itself.
func unlessStopped(ctx context.Context, err error) error {
	stopped := ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)))
	if stopped {
		return nil
	}
	return err
}
