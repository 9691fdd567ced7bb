package main

import (
	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins/process/runner"
	"github.com/revsync/revsync/plugins/wasm"
)

// runnerName is the command by which the server starts itself again, as the
// process around one WASM module.
const runnerName = "plugin-runner"

// newPluginRunner is not for people: it reads the module from standard input and
// answers the server over gRPC.
func newPluginRunner() *cobra.Command {
	var opts wasm.Options
	cmd := &cobra.Command{
		Use:    runnerName,
		Short:  "Run one WASM module for the server that starts this",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(cmd *cobra.Command, _ []string) error { return runner.Run(cmd.Context(), opts) },
	}
	cmd.Flags().IntVar(&opts.MemoryMiB, "memoryMiB", 0, "cap on the memory of one instance")
	cmd.Flags().StringVar(&opts.CacheDir, "cacheDir", "", "`folder` for compiled modules")
	return cmd
}
