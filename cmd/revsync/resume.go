package main

import "github.com/spf13/cobra"

func newResume(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Resume a paused sync",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.post(cmd, "resume", "{}", "resume was accepted; follow it with: revsync progress --watch")
		},
	}
}
