package main

import (
	"fmt"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/author"
	"github.com/revsync/revsync/plugins/conformance"
)

const (
	conformName   = "conform"
	callHooksFlag = "callHooks"
)

// newPluginConform is not for people: revsync plugin test starts it, since the suite ends its process.
func newPluginConform() *cobra.Command {
	var callHooks bool
	cmd := &cobra.Command{
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
			}, callHooks)
		},
	}
	cmd.Flags().BoolVar(&callHooks, callHooksFlag, false, "evaluate hooks")
	return cmd
}

// conform runs the suite over a plugin in a process of its own, which prints what fails, and says which hooks it has not
// called.
func conform(cmd *cobra.Command, p *author.Plugin, dir string, callHooks bool) error {
	program, err := ownProgram()
	if err != nil {
		return err
	}
	suite := exec.CommandContext(cmd.Context(), program, "plugin", conformName, fmt.Sprintf("--%s=%t", callHooksFlag, callHooks), "--", dir)
	suite.Stdout, suite.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	if err := suite.Run(); err != nil {
		return fmt.Errorf("%s does not conform to the contract (%w)", dir, err)
	}
	if hooks := conformance.NotCalled(p.Descriptor); len(hooks) > 0 && !callHooks {
		_, _ = fmt.Fprintf(cmd.OutOrStdout(), "not called, since hooks act: %s; where that does no harm: --%s\n", strings.Join(hooks, ", "), callHooksFlag)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "conformance: passed")
	return err
}
