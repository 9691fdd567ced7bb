package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// finds is a check that reports these codes as errors.
func finds(name string, codes ...string) sdk.Part {
	return sdk.Check(name, func(context.Context, sdk.Host, *sdk.Request) (list []sdk.Finding, _ error) {
		for _, code := range codes {
			list = append(list, sdk.Errorf(code, "found"))
		}
		return list, nil
	}, sdk.PhasePreReverse)
}

func accepting(names ...string) func(*sdk.Request) {
	return func(r *sdk.Request) { r.Accept = names }
}

// Only the finding that was named stops refusing, and the hooks run as if it had been a warning from the start.
func TestAcceptedFindings(t *testing.T) {
	var ran []string
	r := NewRunner(module("acme.m", finds("c", "OLD", "WIDE"), finds("d", "FINE"), recording(&ran, "h", nil, sdk.PhasePreReverse)))
	for _, names := range [][]string{nil, {"acme.m/c/OLD", "acme.m/c/WIDE"}, {"acme.m/c/OLD", "acme.m/d/FINE"},
		{"acme.m/d/OLD", "acme.m/d/WIDE", "acme.m/d/FINE"}, {"OLD", "WIDE", "FINE"}, {"acme.x/c/OLD", "acme.m/c/WIDE", "acme.m/d/FINE"}} {
		report := reviewed(t, r, accepting(names...))
		require.False(t, report.Eligible, "%q", names)
		require.Empty(t, ran)
	}
	report := reviewed(t, r, accepting("acme.m/c/OLD", "acme.m/c/WIDE", "acme.m/d/FINE"))
	require.True(t, report.Eligible)
	require.Len(t, ran, 1)
	require.Empty(t, report.Findings(sdk.SeverityError))
	require.Equal(t, []string{"OLD", "WIDE"}, report.Results[0].Accepted)
	for _, f := range report.Findings() {
		require.True(t, f.Accepted, f.Name())
		require.Equal(t, sdk.SeverityWarning, f.Severity)
	}
	require.Equal(t, "acme.m/c/OLD", report.Findings()[0].Name())
}

// A check that was not able to look has found nothing that could be accepted.
func TestNoAnswerCannotBeAccepted(t *testing.T) {
	r := NewRunner(module("acme.m", sdk.Check("c", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
		return nil, errors.New("out of order")
	}, sdk.PhasePreReverse)))
	report := reviewed(t, r, accepting("acme.m/c/PLUGIN_FAILED"))
	require.False(t, report.Eligible)
	require.Equal(t, sdk.OutcomeFailed, report.Results[0].Outcome)
}

// A module can neither see what was accepted nor mark its own findings.
func TestAcceptanceStaysWithTheEngine(t *testing.T) {
	doc, err := json.Marshal(sdk.Request{Accept: []string{"acme.m/c/OLD"}})
	require.NoError(t, err)
	require.NotContains(t, string(doc), "OLD")
	resp, err := DecodeResponse([]byte(`{"accepted":["OLD"],"findings":[{"code":"OLD","severity":"error","message":"m","accepted":true}]}`))
	require.NoError(t, err)
	again, err := json.Marshal(resp)
	require.NoError(t, err)
	require.NotContains(t, string(again), "accepted")
}
