//go:build !unix

package main

import "context"

// rotateOnSignal has nothing to listen for: there is no SIGUSR1 here.
func rotateOnSignal(*logFile) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}
}
