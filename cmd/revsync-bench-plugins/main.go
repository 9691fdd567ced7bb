// Command revsync-bench-plugins measures what a check costs, by the language it is written in and by the way it runs: until
// it is loaded, until a fresh instance of it has started, and until it has answered a request of 1 KB. The modules are the
// golden guests of package plugins/wasm and the built-in checks; a Go function in the same process is what they are
// compared with. The last line says how long it takes from the start of a process to the verdict of all built-in checks.
//
// Every round measures each pair in a process of its own, so that what is cold is cold. Figures are printed and never
// judged; a module that does not load or answer ends the program with exit code 1.
//
//	revsync-bench-plugins [-short] [-t 40s] [-root DIR]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/revsync/revsync/cmd/internal/tool"
)

func main() {
	if play, ok := role(os.Args[1:]); ok {
		os.Exit(play())
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the flags.
type settings struct {
	root   string
	budget time.Duration
	short  bool
}

func parse(args []string, out io.Writer) (s settings, err error) {
	fs := flag.NewFlagSet("revsync-bench-plugins", flag.ContinueOnError)
	fs.SetOutput(out)
	fs.StringVar(&s.root, "root", ".", "the root of the repository")
	fs.DurationVar(&s.budget, "t", 40*time.Second, "begin no round after this time")
	fs.BoolVar(&s.short, "short", false, "one round, without machine code in this process")
	err = fs.Parse(args)
	if err == nil && fs.NArg() > 0 {
		err = fmt.Errorf("%q is not a flag", fs.Arg(0))
	}
	if s.short {
		s.budget = 0
	}
	return s, err
}

// run carries out one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	return tool.Run("revsync-bench-plugins", stderr, func(ctx context.Context) error {
		s, err := parse(args, stderr)
		if err != nil {
			return err
		}
		return bench(ctx, s, stdout)
	})
}
