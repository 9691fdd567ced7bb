package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/author"
)

func newPluginInspect() *cobra.Command {
	var trusted []string
	cmd := &cobra.Command{
		Use:   "inspect FILE|DIR",
		Short: "Show what a module is, offers and asks for; a folder's manifest is checked as well",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			p, err := openPlugin(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer closePlugin(cmd.Context(), p, &err)
			keys, err := plugins.ReadTrustedKeys(trusted...)
			if err != nil {
				return err
			}
			signature, err := author.SignatureOf(args[0], keys)
			if err != nil {
				return err
			}
			doc, err := json.MarshalIndent(map[string]any{"runtime": p.Runtime, "bytes": p.Bytes, "sha256": p.Digest,
				"description": p.Descriptor, "manifest": p.Manifest, "signature": signature}, "", "  ")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", doc)
			return err
		},
	}
	cmd.Flags().StringArrayVar(&trusted, trustedKeysFlag, nil, "PEM `file` with public keys; the plugin must then be signed by one of them")
	return cmd
}
