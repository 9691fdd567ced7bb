package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/author"
)

func newPluginPin() *cobra.Command {
	return &cobra.Command{
		Use:   "pin DIR",
		Short: "Write the digest of the plugin's file into its manifest",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			pinned, err := author.Pin(args[0])
			if err != nil {
				return err
			}
			if pinned.SignatureEnds {
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "the signature in %s is for the manifest as it was; sign it again with: revsync plugin sign %q --key FILE\n",
					plugins.SignatureFile, args[0])
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), pinned.Digest)
			return err
		},
	}
}
