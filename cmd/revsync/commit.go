package main

import "github.com/spf13/cobra"

func newCommit(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "commit",
		Short: "Commit the sync: users move to the destination",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.post(cmd, "commit", "{}", "commit was accepted; move the application when `revsync progress` shows that the destination is open to users")
		},
	}
}
