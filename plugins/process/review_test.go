package process

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// A review with a component that hangs is over within the runner's own grace, and the component is not written off: its
// process is gone, and the next review has a new one.
func TestReviewWithAModuleThatHangs(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	const check = 2 * time.Second // enough to start the process in
	r := plugins.Options{Limits: plugins.Limits{Check: check, Review: time.Minute}}.NewRunner(only{m, "hangs"})
	for range 2 {
		start := time.Now()
		report, err := r.Review(t.Context(), sdk.Request{Trigger: sdk.TriggerReverse}, nil)
		require.NoError(t, err)
		require.Less(t, time.Since(start)-check, 2*time.Second)
		require.False(t, report.Eligible)
		require.Len(t, report.Results, 1)
		require.Contains(t, report.Results[0].Findings[0].Message, "no answer within 2s")
		require.Contains(t, report.Results[0].Findings[0].Message, "its process was killed")
		require.NotContains(t, report.Results[0].Findings[0].Message, "earlier evaluation")
	}
}
