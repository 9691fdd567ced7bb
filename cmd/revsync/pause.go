package main

import "github.com/spf13/cobra"

func newPause(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "pause",
		Short: "Pause a running sync; the position is kept",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.post(cmd, "pause", "{}", "the sync is paused; go on with: revsync resume (before the source's oplog has moved on too far)")
		},
	}
}
