package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/core"
)

func newPreflight(c *client) *cobra.Command {
	var a acceptance
	cmd := &cobra.Command{
		Use:       "preflight start|commit|reverse",
		Short:     "Show what a command would do and what the checks say; change nothing",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"start", "commit", "reverse"},
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := json.Marshal(struct {
				Trigger string `json:"trigger"`
				acceptance
			}{args[0], a})
			if err != nil {
				return err
			}
			reply, err := c.call(cmd.Context(), http.MethodPost, "preflight", string(body))
			if err != nil {
				return err
			}
			return c.showPreflight(cmd.OutOrStdout(), args[0], reply)
		},
	}
	a.flag(cmd.Flags())
	return cmd
}

// showPreflight fails when the command would be refused, so that a script can
// ask before it acts.
func (c *client) showPreflight(out io.Writer, trigger string, a answer) error {
	if err := c.show(out, "preflight", a); err != nil {
		return err
	}
	if a.Preflight == nil {
		return errors.New("the server's reply has no preflight in it")
	}
	if !c.raw {
		if _, err := io.WriteString(out, a.Preflight.text()); err != nil {
			return err
		}
	}
	if !a.Preflight.Eligible {
		return fmt.Errorf("%s would be refused", trigger)
	}
	return nil
}

// preflightView is the part of a dry run's reply that people are shown.
type preflightView struct {
	Trigger    string        `json:"trigger"`
	Eligible   bool          `json:"eligible"`
	Refusal    *string       `json:"refusal"`
	Steps      []string      `json:"steps"`
	Checks     []findingView `json:"checks"`
	Components []struct {
		Module    string `json:"module"`
		Component string `json:"component"`
		Outcome   string `json:"outcome"`
	} `json:"components"`
}

// findingView is one finding of a check.
type findingView struct {
	Code        string `json:"code"`
	Severity    string `json:"severity"`
	Message     string `json:"message"`
	Remediation string `json:"remediation"`
	Module      string `json:"module"`
	Component   string `json:"component"`
	Accepted    bool   `json:"accepted"`
}

func (f findingView) text() string {
	line := fmt.Sprintf("  %-8s %s: %s", f.Severity, f.Code, f.Message)
	if f.Accepted {
		line += " (accepted)"
	}
	if f.Remediation != "" {
		line += "\n           what to do: " + f.Remediation
	}
	name := f.Module + "/" + f.Component + "/" + f.Code
	if f.Severity == "error" && core.ValidateAccept([]string{name}) == nil {
		line += "\n           or let it pass once: --accept " + name
	}
	return line
}

func (p *preflightView) text() string {
	var b strings.Builder
	verdict := "would go ahead"
	if !p.Eligible {
		verdict = "would be refused"
	}
	fmt.Fprintf(&b, "%s %s\n", p.Trigger, verdict)
	if p.Refusal != nil {
		fmt.Fprintf(&b, "  refused  %s\n", *p.Refusal)
	}
	for _, c := range p.Components {
		fmt.Fprintf(&b, "  %-8s %s/%s\n", c.Outcome, c.Module, c.Component)
	}
	for _, f := range p.Checks {
		b.WriteString(f.text() + "\n")
	}
	for i, step := range p.Steps {
		fmt.Fprintf(&b, "  step %-3d %s\n", i+1, step)
	}
	return b.String()
}
