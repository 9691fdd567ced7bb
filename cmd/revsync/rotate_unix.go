//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// rotateOnSignal rotates the log on every SIGUSR1 until ctx ends.
func rotateOnSignal(ctx context.Context, l *logFile) error {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
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
