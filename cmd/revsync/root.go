package main

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/hostapi/rest"
)

// run carries out one command line and returns the exit code. SIGTERM and SIGINT
// end the command in good order; further ones change nothing, because the
// signals stay caught until the end.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintf(stderr, "revsync: %s\n", rest.Redact([]byte(err.Error()))) // stderr is the last place to say it
		return exitCode(err)
	}
	return 0
}

// newRoot is the whole command tree. The root itself is serve, so that a
// mongosync command line works with the name of the binary changed.
func newRoot() *cobra.Command {
	root := newServe()
	root.Use = "revsync"
	root.Version = version
	root.SilenceUsage, root.SilenceErrors = true, true
	root.AddCommand(newServe(), newPluginRunner(), newPlugin(), newRepair())
	clients := []func(*client) *cobra.Command{
		newStart, newProgress, newPause, newResume, newCommit, newReverse, newPreflight,
	}
	for _, make := range clients {
		c := &client{}
		root.AddCommand(c.bind(make(c)))
	}
	return root
}
