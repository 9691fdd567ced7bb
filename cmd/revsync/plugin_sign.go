package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins/author"
)

func newPluginKeygen() *cobra.Command {
	return &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make a pair of keys to sign plugins with",
		Long: `Make a pair of Ed25519 keys to sign plugins with: the private one in FILE, for its owner
alone, the public one in FILE.pub, for --` + trustedKeysFlag + ` of the server. Prints the fingerprint.
Keep the private key away from the machine that the server runs on.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return printLine(cmd)(author.NewKey(args[0]))
		},
	}
}

func newPluginSign() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "sign DIR --key FILE",
		Short: "Sign the plugin's manifest, with all that it grants, and so the file that it pins",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return printLine(cmd)(author.Sign(args[0], key))
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "`file` with the private key")
	_ = cmd.MarkFlagRequired("key") // fails only for a flag that is not there
	return cmd
}

// printLine prints what a command has to say when it has worked.
func printLine(cmd *cobra.Command) func(string, error) error {
	return func(line string, err error) error {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
		return err
	}
}
