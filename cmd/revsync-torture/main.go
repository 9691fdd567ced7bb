// Command revsync-torture looks for lost, doubled, reordered and invented writes:
// it lets plain users write to two clusters that the real binary keeps in step,
// cuts over and reverses again and again, and meanwhile kills the binary and
// the servers, suspends them, makes primaries step down, and cuts, holds and
// slows down the network.
//
//	revsync-torture [-t duration] [-seed n] [-min-kills n] [-keep folder] [-binary path]
//
// Users write with majority concern to whichever side is open, and everything
// that they were answered is recorded. At each COMMITTED both sides must be equal
// byte by byte, and each must hold exactly what was acknowledged. Others try the
// closed side all the time, which must refuse them; and all that the server says
// about itself is read and must make sense.
//
// What is done, in which order, and how long it lasts follows from the seed; what
// it meets does not, because the clusters are real. At a failure everything that
// was recorded is kept, and the last line tells how to do the same again. In the
// folder of the seed that failed, all of it one line of JSON for each entry, are:
//
//	history/      every operation of every user: when, where, what, and the answer
//	knocks-*      every attempt to write to a side that may be closed
//	orders        every command for revsync, and its answer
//	faults        when each fault began and ended
//	progress      every reading of progress
//	revsync/      the log of revsync, over all its lives
//	cluster*/     the servers' logs and data
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/revsync/revsync/cmd/internal/tool"
)

// settings are the flags.
type settings struct {
	duration time.Duration
	seed     uint64
	minKills int
	keep     string
	binary   string
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	return tool.Run("revsync-torture", stderr, func(ctx context.Context) error {
		s, err := parse(args, stderr)
		if err != nil {
			return err
		}
		return torture(ctx, s, stdout)
	})
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("revsync-torture", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&s.duration, "t", 3*time.Minute, "how long; the cutover under way is finished and checked")
	flags.Uint64Var(&s.seed, "seed", 0, "what to do; 0 takes a new one")
	flags.IntVar(&s.minKills, "min-kills", 0, "fail if revsync and the servers were killed fewer times")
	flags.StringVar(&s.keep, "keep", "", "`folder` for all that is recorded, kept also after success (default: a temporary one, kept after a failure)")
	flags.StringVar(&s.binary, "binary", "", "revsync `file` to torture (default: build it from the source around this program)")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 || s.duration <= 0 || s.minKills < 0 {
		return s, errors.New("give no arguments but flags, -t above 0, and -min-kills not below 0")
	}
	if s.seed == 0 {
		s.seed = 1 + rand.Uint64N(1e9)
	}
	return s, nil
}
