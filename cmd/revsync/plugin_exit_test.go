package main

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// TestExitCodesOfReports: a component that gave no answer is an error, and not a finding that refuses.
func TestExitCodesOfReports(t *testing.T) {
	info, warning, refusal := sdk.Infof("A", "a"), sdk.Warningf("B", "b"), sdk.Errorf("C", "c")
	for _, c := range []struct {
		code    int
		outcome sdk.Outcome
		found   []sdk.Finding
	}{
		{0, sdk.OutcomePassed, []sdk.Finding{info}},
		{4, sdk.OutcomePassed, []sdk.Finding{info, warning}},
		{3, sdk.OutcomeRefused, []sdk.Finding{warning, refusal}},
		{1, sdk.OutcomeFailed, []sdk.Finding{refusal}},
		{1, sdk.OutcomeFailed, []sdk.Finding{warning}}, // under failurePolicy ignore
	} {
		err := showFindings(io.Discard, sdk.Report{Results: []sdk.Result{{Outcome: c.outcome, Findings: c.found}}})
		if c.code == 0 {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, c.code, exitCode(err), "%v", errors.Unwrap(err))
	}
}
