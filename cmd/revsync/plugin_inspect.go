package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func newPluginInspect() *cobra.Command {
	var trusted []string
	cmd := &cobra.Command{
		Use:   "inspect FILE|DIR",
		Short: "Show what a module is, offers and asks for; a folder's manifest is checked as well",
		Long: `Show what a module is, offers and asks for; a folder's manifest is checked as well.

A program (runtime grpc) can only be asked by running it, with your rights: do not
inspect one that you would not run. A WASM module runs in its sandbox. With
--` + trustedKeysFlag + ` nothing runs whose signature is not by one of these keys.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			keys, err := trustedKeys(trusted)
			if err != nil {
				return err
			}
			p, err := openPlugin(cmd.Context(), args[0], keys...)
			if err != nil {
				return err
			}
			defer closePlugin(cmd.Context(), p, &err)
			doc, err := json.MarshalIndent(map[string]any{"runtime": p.Runtime, "bytes": p.Bytes, "sha256": p.Digest,
				"description": p.Descriptor, "manifest": p.Manifest, "signature": p.Signature}, "", "  ")
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
