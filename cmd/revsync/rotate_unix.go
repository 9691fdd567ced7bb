//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// rotateOnSignal listens for SIGUSR1 from now on; what it answers rotates the log
// on each, until its context ends.
func rotateOnSignal(l *logFile) func(context.Context) error {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	return func(ctx context.Context) error {
		defer signal.Stop(asked)
		for {
			select {
			case <-asked:
				if err := l.rotate(); err != nil {
					return err
				}
			case <-ctx.Done():
				return nil
			}
		}
	}
}
