package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/sdk"
)

func TestAcceptSendsTheFindings(t *testing.T) {
	want := []string{"acme.m/age/TOO_OLD", "acme.m/age/TOO_WIDE"}
	more := []string{"--accept", want[0], "--accept", want[1]}
	for _, args := range [][]string{{"commit"}, {"reverse"}, {"preflight", "reverse"}, {"start", "--source", "cluster0", "--destination", "cluster1"}} {
		e := &engine{preview: core.Preflight{Report: sdk.Report{Eligible: true}}}
		code, _, errs := revsync(t, e, append(args, more...)...)
		require.Zero(t, code, errs)
		require.Equal(t, want, append(e.accept, e.started.Accept...), "%q", args)

		code, _, errs = revsync(t, &engine{}, append(args, "--accept", "revsync.engine/guards/ANY")...)
		require.NotZero(t, code)
		require.Contains(t, errs, "cannot be accepted")
	}
	code, _, errs := revsync(t, &engine{}, append([]string{"start", "--body", "-"}, more...)...)
	require.NotZero(t, code)
	require.Contains(t, errs, "leave --accept out")
}

func TestPreflightShowsWhatWasAccepted(t *testing.T) {
	report := sdk.Report{Eligible: true, Results: []sdk.Result{{Module: "acme.m", Component: "age", Accepted: []string{"TOO_OLD"},
		Findings: []sdk.Finding{sdk.Warningf("TOO_OLD", "it is too old"), sdk.Warningf("DUSTY", "it is dusty")}}}}
	_, out, _ := revsync(t, &engine{preview: core.Preflight{Report: report}}, "preflight", "commit")
	require.Contains(t, out, "TOO_OLD: it is too old (accepted)\n")
	require.Contains(t, out, "DUSTY: it is dusty\n")
}
