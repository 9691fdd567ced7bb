// Package tool is what the programs around revsync that measure, torture and show it begin with.
package tool

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"syscall"
)

// Run does what a command line asks for and returns the exit code: 0, also after a call for help, which is the error
// flag.ErrHelp, and 1 with the error on stderr. The first SIGINT or SIGTERM ends ctx; they stay caught until do has
// returned, so that it can clean up.
func Run(name string, stderr io.Writer, do func(ctx context.Context) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := do(ctx)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	_, _ = fmt.Fprintf(stderr, "%s: %v\n", name, err) // stderr is the last place to say it
	return 1
}
