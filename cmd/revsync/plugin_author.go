package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins/author"
	"github.com/revsync/revsync/sdk"
)

// newPlugin is the group of commands for authors of modules.
func newPlugin() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Write checks and hooks: init, inspect, pin, sign, run, test",
		Long: `Write checks and hooks.

The exit code is 0 when all is well, 1 after an error, such as a component that gives
no answer, 2 for a plugin whose manifest or signature is not right, 3 when a finding
refuses the trigger, 4 when there are only warnings.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }, // so that a wrong word is an error
	}
	cmd.AddCommand(newPluginInit(), newPluginInspect(), newPluginPin(), newPluginKeygen(), newPluginSign(), newPluginRun(), newPluginTest(), newPluginConform())
	return cmd
}

// openPlugin loads a module in the sandbox that the server would run it in, and with trusted keys only what one of them
// has signed.
func openPlugin(ctx context.Context, path string, trusted ...ed25519.PublicKey) (*author.Plugin, error) {
	loaders, err := (&pluginSettings{pluginsInProcess: true}).loaders(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return author.Open(ctx, path, loaders, trusted...)
}

// closePlugin adds the error of closing to err.
func closePlugin(ctx context.Context, p *author.Plugin, err *error) {
	*err = errors.Join(*err, p.Module.Close(context.WithoutCancel(ctx)))
}

// completed is the request with the facts that its component asks for and it has not got, from the clusters.
func completed(ctx context.Context, p *author.Plugin, req sdk.Request, clusters liveClusters) (sdk.Request, error) {
	families, err := p.MissingFacts(req)
	if err != nil || clusters.source == nil {
		return req, err
	}
	return req, author.AddFacts(&req.Facts, clusters.collect(ctx, families), families)
}
