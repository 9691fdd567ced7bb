package mdb_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mdb"
)

// TestRetryGrowsFromTheLastSuccess: while a fault lasts the pauses grow, to five
// seconds and for as long as it takes; each failure is reported, from the first try;
// and after a success the next fault begins with short pauses again.
func TestRetryGrowsFromTheLastSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 2 {
			var tries []time.Time
			reported, cleared := 0, 0
			report := func(_ string, err error) {
				if err != nil {
					reported++
				} else {
					cleared++
				}
			}
			require.NoError(t, mdb.Retry(t.Context(), "call", report, func(context.Context) error {
				tries = append(tries, time.Now())
				if len(tries) < 1000 { // more than an hour
					return context.DeadlineExceeded
				}
				return nil
			}))
			require.Equal(t, 999, reported)
			require.Equal(t, 1, cleared)
			require.Less(t, tries[1].Sub(tries[0]), 100*time.Millisecond, "the first pause is short, also after an earlier fault")
			require.Greater(t, tries[999].Sub(tries[0]), time.Hour)
			for i := 900; i < 999; i++ {
				require.InDelta(t, 5*time.Second, tries[i+1].Sub(tries[i]), float64(2500*time.Millisecond))
			}
		}
	})
}

// TestRetryEndsWithAPermanentError: after the first try, which is reported.
func TestRetryEndsWithAPermanentError(t *testing.T) {
	permanent, reported := errors.New("no such thing"), 0
	err := mdb.Retry(t.Context(), "call", func(string, error) { reported++ }, func(context.Context) error { return permanent })
	require.ErrorIs(t, err, permanent)
	require.Equal(t, 1, reported)
}
