// Command revsync-bench measures revsync on this machine: how fast it copies a
// generated data set, how fast it applies a mixed load of changes, how long the
// rest takes to arrive after the writers have stopped, how long users wait at
// the cutover, and how much memory it needs.
//
// The same data and the same changes go through two plain loops as well, which
// have no schema changes, no restarts and no way back to care for: find and
// insert, then a change stream and bulk writes. They stand for what the machine
// and the servers allow. Loops and engine take turns, each with a new
// destination, and swap places from round to round.
//
// After every turn the two sides are compared, document by document and index
// by index; a difference ends the program with exit code 1. The figures
// themselves are printed and never judged.
//
//	revsync-bench [-short] [-rounds n] [-small n] [-medium n] [-large n] [-live n] [-ops n] ...
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/revsync/revsync/cmd/internal/tool"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	return tool.Run("revsync-bench", stderr, func(ctx context.Context) error {
		s, err := parse(args, stderr)
		if err != nil {
			return err
		}
		return measure(ctx, s, stdout, stderr)
	})
}

// measure does all rounds in a folder of their own, which is removed at the end,
// and prints the table.
func measure(ctx context.Context, s settings, stdout, stderr io.Writer) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("not done after %s (-timeout)", s.timeout))
	defer cancel()
	dir, err := os.MkdirTemp(s.dir, "revsync-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := checkDisk(dir, s.plan); err != nil {
		return err
	}
	b := &bench{settings: s, dir: dir, log: stderr, begin: time.Now()}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.all(ctx); err != nil {
		return withCause(ctx, err)
	}
	return b.print(stdout)
}

// withCause adds why the context has ended, which errors of the driver leave out.
func withCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
