package main

import "github.com/spf13/cobra"

func newCommit(c *client) *cobra.Command {
	var a acceptance
	cmd := &cobra.Command{
		Use:   "commit",
		Short: "Commit the sync: users move to the destination",
		RunE: func(cmd *cobra.Command, _ []string) error {
			body, err := a.body()
			if err != nil {
				return err
			}
			return c.post(cmd, "commit", body, "commit was accepted; move the application when `revsync progress` shows that the destination is open to users")
		},
	}
	a.flag(cmd.Flags())
	return cmd
}
