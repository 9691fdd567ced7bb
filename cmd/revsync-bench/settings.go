package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// settings are the flags.
type settings struct {
	plan
	rounds  int
	cacheGB float64
	oplogMB int
	dir     string
	binary  string
	timeout time.Duration
}

// plan is how much of everything.
type plan struct {
	small, medium, large int // documents of 200 B, 5 KB and 8 MB
	live                 int // documents that the writers begin with
	ops                  int // operations of the writers in one turn
	writers              int
}

// The two sizes to choose from: about 1 GB, and about 100 MB for a quick look.
var (
	fullPlan  = plan{small: 2_000_000, medium: 90_000, large: 16, live: 200_000, ops: 200_000, writers: 2}
	shortPlan = plan{small: 200_000, medium: 9_000, large: 2, live: 20_000, ops: 10_000, writers: 2}
)

// parse reads the flags. With -short the others have the defaults of the short
// plan, wherever they stand.
func parse(args []string, out io.Writer) (settings, error) {
	s, short, err := parseWith(fullPlan, args, out)
	if err == nil && short {
		s, _, err = parseWith(shortPlan, args, out)
	}
	if err != nil {
		return s, err
	}
	return s, s.validate()
}

func parseWith(p plan, args []string, out io.Writer) (s settings, short bool, err error) {
	s.plan = p
	fs := flag.NewFlagSet("revsync-bench", flag.ContinueOnError)
	fs.SetOutput(out)
	fs.BoolVar(&short, "short", false, "a tenth of the data and fewer changes, for a look that takes half a minute")
	s.register(fs)
	err = fs.Parse(args)
	if err == nil && fs.NArg() > 0 {
		err = fmt.Errorf("%q is not a flag", fs.Arg(0))
	}
	return s, short, err
}

func (s *settings) register(fs *flag.FlagSet) {
	fs.IntVar(&s.small, "small", s.small, "documents of 200 B with three secondary indexes")
	fs.IntVar(&s.medium, "medium", s.medium, "documents of 5 KB with one secondary index")
	fs.IntVar(&s.large, "large", s.large, "documents of 8 MB")
	fs.IntVar(&s.live, "live", s.live, "documents that exist before the changes begin")
	fs.IntVar(&s.ops, "ops", s.ops, "operations that the writers send in each turn")
	fs.IntVar(&s.writers, "writers", s.writers, "clients that write at the same time")
	fs.IntVar(&s.rounds, "rounds", 2, "rounds of one turn for the loops and one for revsync")
	fs.Float64Var(&s.cacheGB, "cacheGB", 1.5, "cache of each server")
	fs.IntVar(&s.oplogMB, "oplogMB", 2048, "oplog of each server; it must hold the largest turn's changes")
	fs.StringVar(&s.dir, "dir", "", "folder for data, removed at the end (default: the system's temporary folder)")
	fs.StringVar(&s.binary, "binary", "", "revsync binary to measure (default: built from this source)")
	fs.DurationVar(&s.timeout, "timeout", time.Hour, "give up after this time")
}

func (s *settings) validate() error {
	switch {
	case s.small < 0 || s.medium < 0 || s.large < 0:
		return errors.New("a number of documents cannot be negative")
	case s.writers < 1:
		return errors.New("-writers must be 1 or more")
	case s.live < 20*s.writers:
		return fmt.Errorf("-live must be %d or more: each writer needs documents of its own", 20*s.writers)
	case s.ops < opsPerRound*s.writers:
		return fmt.Errorf("-ops must be %d or more: each writer sends %d at once", opsPerRound*s.writers, opsPerRound)
	case s.rounds < 1:
		return errors.New("-rounds must be 1 or more")
	}
	return nil
}
