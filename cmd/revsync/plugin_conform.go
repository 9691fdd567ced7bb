package main

import (
	"fmt"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/author"
)

const conformName = "conform"

// newPluginConform is not for people: revsync plugin test starts it, since the suite ends its process.
func newPluginConform() *cobra.Command {
	return &cobra.Command{
		Use:    conformName,
		Short:  "Run the conformance suite and end",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		Run: func(cmd *cobra.Command, args []string) {
			author.Conform(func() (plugins.Module, error) {
				p, err := openPlugin(cmd.Context(), args[0])
				if err != nil {
					return nil, err
				}
				return p.Module, nil
			})
		},
	}
}

// conform runs the suite over a plugin in a process of its own, which prints what fails.
func conform(cmd *cobra.Command, dir string) error {
	program, err := ownProgram()
	if err != nil {
		return err
	}
	suite := exec.CommandContext(cmd.Context(), program, "plugin", conformName, dir)
	suite.Stdout, suite.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	if err := suite.Run(); err != nil {
		return fmt.Errorf("%s does not conform to the contract (%w)", dir, err)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "conformance: passed")
	return err
}
