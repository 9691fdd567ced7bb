package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins/author"
)

func newPluginInit() *cobra.Command {
	var s author.Scaffold
	cmd := &cobra.Command{
		Use:   "init --lang LANGUAGE DIR",
		Short: "Write the folder of a new check that works",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if s.SDK != "" {
				if s.SDK, err = filepath.Abs(s.SDK); err != nil {
					return err
				}
			}
			if err := s.Write(args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\nnext:\n  %s\n  revsync plugin pin %s\n  revsync plugin test %s\n",
				args[0], filepath.Join(args[0], "build.sh"), args[0], args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&s.Language, "lang", "", "one of "+strings.Join(author.Languages(), ", "))
	cmd.Flags().StringVar(&s.Name, "name", "acme.hello", "name of the module, with your prefix")
	cmd.Flags().StringVar(&s.SDK, "sdk", "", "`folder` with a copy of revsync's sources, instead of the published ones")
	_ = cmd.MarkFlagRequired("lang") // fails only for a flag that is not there
	return cmd
}
