package main

import "github.com/spf13/cobra"

func newReverse(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "reverse",
		Short: "Reverse a committed sync: changes flow back to the old source",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.post(cmd, "reverse", "{}", "reverse was accepted; follow it with: revsync progress --watch")
		},
	}
}
