package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins/author"
)

// newPlugin is the group of commands for authors of modules.
func newPlugin() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Write checks and hooks: init, inspect, pin, run, test",
		Long: `Write checks and hooks.

The exit code is 0 when all is well, 1 after an error, 2 for a manifest that is not
right, 3 when a finding refuses the trigger, 4 when there are only warnings.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }, // so that a wrong word is an error
	}
	cmd.AddCommand(newPluginInit(), newPluginInspect(), newPluginPin(), newPluginRun(), newPluginTest(), newPluginConform())
	return cmd
}

// openPlugin loads a module in the sandbox that the server would run it in.
func openPlugin(ctx context.Context, path string) (*author.Plugin, error) {
	loaders, err := (&pluginSettings{pluginsInProcess: true}).loaders(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return author.Open(ctx, path, loaders)
}

// closePlugin adds the error of closing to err.
func closePlugin(ctx context.Context, p *author.Plugin, err *error) {
	*err = errors.Join(*err, p.Module.Close(context.WithoutCancel(ctx)))
}

// connectPair connects the clusters that a component asks: the first is the source, the second the destination, which is
// the first when there is only one. Without any, commands are Unavailable. The caller calls disconnect.
func connectPair(uris []string) (pair guest.Commander, disconnect func(), err error) {
	disconnect = func() {}
	switch len(uris) {
	case 0:
		return nil, disconnect, nil
	case 1:
		uris = []string{uris[0], uris[0]}
	case 2:
	default:
		return nil, disconnect, fmt.Errorf("%d clusters: there is a source and a destination", len(uris))
	}
	source, err := mdb.Connect("source", uris[0])
	if err != nil {
		return nil, disconnect, err
	}
	destination, err := mdb.Connect("destination", uris[1])
	if err != nil {
		source.Close()
		return nil, disconnect, err
	}
	return core.NewCommander(source, destination), func() { source.Close(); destination.Close() }, nil
}
