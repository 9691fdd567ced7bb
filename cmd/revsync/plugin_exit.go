package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/revsync/revsync/plugins/author"
	"github.com/revsync/revsync/sdk"
)

// The exit codes of revsync plugin beside 0 and 1.
const (
	exitManifest = 2
	exitRefused  = 3
	exitWarned   = 4
)

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	text string
}

// Error says why.
func (e exitError) Error() string { return e.text }

// exitCode is the code for an error that ends a command.
func exitCode(err error) int {
	var e exitError
	switch {
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, author.ErrManifest):
		return exitManifest
	}
	return 1
}

// showFindings prints a report for people, and returns the error that ends the command: a component without an answer comes
// before its worst finding, since what it would have found is not known.
func showFindings(out io.Writer, report sdk.Report) error {
	list := report.Findings()
	for _, f := range list {
		_, _ = fmt.Fprintf(out, "%-7s %s %s: %s\n", f.Severity, f.Component, f.Code, f.Message)
		if f.Remediation != "" {
			_, _ = fmt.Fprintf(out, "        to do: %s\n", f.Remediation)
		}
	}
	for _, r := range report.Results {
		_, _ = fmt.Fprintf(out, "%s/%s: %s, %d host calls, %d denied, %d ms\n",
			r.Module, r.Component, r.Outcome, r.HostCalls, len(r.Denied), r.DurationMillis)
	}
	for _, r := range report.Results {
		if r.Outcome == sdk.OutcomeFailed {
			return fmt.Errorf("component %s gave no answer", r.Component)
		}
	}
	if len(report.Findings(sdk.SeverityError)) > 0 {
		return exitError{exitRefused, "a finding refuses the trigger"}
	}
	if len(report.Findings(sdk.SeverityWarning)) > 0 {
		return exitError{exitWarned, "there are warnings"}
	}
	return nil
}
