package mdb

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Report receives each failure of a call that is being tried again, and nil
// when it has worked; this is how progress can show a fault within seconds.
// What names the call.
type Report func(what string, err error)

// Retry calls do until it works, its error is not transient, or ctx ends, and
// waits between tries: 50 ms at first, growing to 5 s. The patience has no end
// because the fault may last; it is visible through report from its first try.
func Retry(ctx context.Context, what string, report Report, do func(context.Context) error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 50*time.Millisecond, 5*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, attempt(ctx, what, report, do)
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0))
	return cause(ctx, err)
}

func attempt(ctx context.Context, what string, report Report, do func(context.Context) error) error {
	err := do(ctx)
	switch {
	case ctx.Err() != nil:
		return backoff.Permanent(context.Cause(ctx))
	case err == nil:
		report(what, nil)
		return nil
	}
	report(what, err)
	if ClassOf(err) != Transient {
		return backoff.Permanent(err)
	}
	return err
}

// cause prefers the reason why ctx ended to the bare fact that it did.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Quiet is a Report for calls whose failures need not be shown.
func Quiet(string, error) {}
