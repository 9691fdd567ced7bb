package main

import "github.com/spf13/cobra"

func newReverse(c *client) *cobra.Command {
	var a acceptance
	cmd := &cobra.Command{
		Use:   "reverse",
		Short: "Reverse a committed sync: changes flow back to the old source",
		RunE: func(cmd *cobra.Command, _ []string) error {
			body, err := a.body()
			if err != nil {
				return err
			}
			return c.post(cmd, "reverse", body, "reverse was accepted; follow it with: revsync progress --watch")
		},
	}
	a.flag(cmd.Flags())
	return cmd
}
