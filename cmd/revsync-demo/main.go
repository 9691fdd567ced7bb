// Command revsync-demo shows a whole way there and back on this machine: it
// starts two throw-away replica sets and the real server, and then does what an
// operator does, by the same REST calls: start, commit, reverse, commit.
// Meanwhile an application writes to whichever side is open. At the end both
// sides are compared byte by byte, and every write that was acknowledged must be
// on both.
//
//	revsync-demo [-keep] [-mb n] [-binary path]
//
// It cleans up whatever happens, and exits with 1 if anything is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/revsync/revsync/cmd/internal/tool"
)

// settings are the choices of the command line.
type settings struct {
	keep      bool
	megabytes int64
	binary    string
}

// limit is far more than all of it takes.
const limit = 10 * time.Minute

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code. An error begins on a line of its own, since the line
// before it may be half written.
func run(args []string, stdout *os.File, stderr io.Writer) int {
	return tool.Run("\nrevsync-demo", stderr, func(ctx context.Context) error {
		s, err := parse(args, stderr)
		if err != nil {
			return err
		}
		return show(ctx, s, newScreen(stdout))
	})
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("revsync-demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&s.keep, "keep", false, "leave everything running at the end, until Ctrl-C")
	flags.Int64Var(&s.megabytes, "mb", 200, "megabytes of plain documents to copy, beside a small set of all shapes")
	flags.StringVar(&s.binary, "binary", "", "revsync `file` to show (default: build it from the source around this program)")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 || s.megabytes < 1 {
		return s, fmt.Errorf("give no arguments but flags, and -mb of at least 1")
	}
	return s, nil
}

// show tells the story, and takes everything down at its end.
func show(ctx context.Context, s settings, out *screen) (err error) {
	d := &demo{settings: s, out: out}
	defer func() { err = errors.Join(err, d.takeDown()) }()
	timed, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %s", limit))
	defer cancel()
	if err := d.play(timed); err != nil {
		return d.explain(timed, err)
	}
	if s.keep {
		d.keepRunning(ctx)
	}
	return nil
}
