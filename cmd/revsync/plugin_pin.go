package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins/author"
)

func newPluginPin() *cobra.Command {
	return &cobra.Command{
		Use:   "pin DIR",
		Short: "Write the digest of the plugin's file into its manifest",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			digest, err := author.Pin(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), digest)
			return err
		},
	}
}
