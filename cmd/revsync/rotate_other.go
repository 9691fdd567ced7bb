//go:build !unix

package main

import "context"

// rotateOnSignal waits for ctx: there is no SIGUSR1 here.
func rotateOnSignal(ctx context.Context, _ *logFile) error {
	<-ctx.Done()
	return nil
}
