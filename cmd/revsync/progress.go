package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func newProgress(c *client) *cobra.Command {
	var watch bool
	var interval time.Duration
	cmd := &cobra.Command{
		Use:   "progress",
		Short: "Show the state, the direction, the lag and how far the copy is",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if watch {
				return c.watch(cmd.Context(), cmd.OutOrStdout(), interval)
			}
			a, err := c.call(cmd.Context(), http.MethodGet, "progress", "")
			if err != nil {
				return err
			}
			return c.showProgress(cmd.OutOrStdout(), a)
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "keep showing one line until interrupted")
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "how often --watch asks")
	return cmd
}

func (c *client) showProgress(out io.Writer, a answer) error {
	if err := c.show(out, "progress", a); err != nil || c.raw {
		return err
	}
	if a.Progress == nil {
		return errors.New("the server's reply has no progress in it")
	}
	_, err := io.WriteString(out, a.Progress.text())
	return err
}

// progressView is the part of progress that people are shown. Every field may be
// null, and all of ours are missing when the server is a mongosync.
type progressView struct {
	State                       string   `json:"state"`
	CanCommit                   bool     `json:"canCommit"`
	CannotCommitReason          *string  `json:"cannotCommitReason"`
	CanWrite                    *bool    `json:"canWrite"`
	Info                        *string  `json:"info"`
	Step                        *string  `json:"step"`
	CEAStage                    *string  `json:"ceaStage"`
	LagTimeSeconds              *int64   `json:"lagTimeSeconds"`
	LagMillis                   *int64   `json:"lagMillis"`
	TotalEventsApplied          *int64   `json:"totalEventsApplied"`
	EstimatedOplogTimeRemaining *string  `json:"estimatedOplogTimeRemaining"`
	ReverseWindowSecondsLeft    *int64   `json:"reverseWindowSecondsLeft"`
	Epoch                       *int     `json:"epoch"`
	Reversible                  *bool    `json:"reversible"`
	Warnings                    []string `json:"warnings"`
	CollectionCopy              *struct {
		Total  int64 `json:"estimatedTotalBytes"`
		Copied int64 `json:"estimatedCopiedBytes"`
	} `json:"collectionCopy"`
	IndexBuilding *struct {
		Built int `json:"indexesBuilt"`
		Total int `json:"totalIndexesToBuild"`
	} `json:"indexBuilding"`
	DirectionMapping *struct{ Source, Destination string } `json:"directionMapping"`
	Checking         []checkingView                        `json:"checking"`
	LastError        *struct {
		Message string    `json:"message"`
		Since   time.Time `json:"since"`
		Tries   int       `json:"tries"`
	} `json:"lastError"`
}

// checkingView is a check or hook that is being asked.
type checkingView struct {
	Module, Component, Phase string
	DurationMillis           int64 `json:"durationMillis"`
}

func (c checkingView) String() string {
	return fmt.Sprintf("%s/%s (%s) for %.1f s", c.Module, c.Component, c.Phase, float64(c.DurationMillis)/1000)
}

// lag is the lag in words, "" when there is none to show.
func (p *progressView) lag() string {
	switch {
	case p.LagMillis != nil:
		return fmt.Sprintf("%.1f s", float64(*p.LagMillis)/1000)
	case p.LagTimeSeconds != nil:
		return fmt.Sprintf("%d s", *p.LagTimeSeconds)
	}
	return ""
}
