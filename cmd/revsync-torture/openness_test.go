package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest/workload"
)

var dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(second int) time.Time { return dawn.Add(time.Duration(second) * time.Second) }

// tries are writes that are sent at a second and answered one later: y for yes, n
// for no, ? for no answer.
func tries(answers string) (list []knock) {
	outcomes := map[rune]workload.Outcome{'y': workload.Acknowledged, 'n': workload.Refused, '?': workload.Unknown}
	for i, a := range answers {
		list = append(list, knock{Number: i, Invoked: at(i), At: at(i + 1), Outcome: outcomes[a]})
	}
	return list
}

// TestOneOpen: a commit is asked for at 4 and done at 8.
func TestOneOpen(t *testing.T) {
	t.Parallel()
	l := leg{asked: at(4), end: at(8)}
	for _, good := range [][2]string{
		{"yyyyynnnnn", "nnnnnnyyyy"},
		{"yyyyyynnnn", "nnnnnyyyyy"}, // the one was sent before the other was answered
		{"yyynnyynnn", "nnnnnnnyyy"}, // a commit that was undone
		{"??????????", "????????yy"},
		{"yyyyyyyyyy"[:8], "nnnnnnnn"},
	} {
		require.NoError(t, oneOpen(l, tries(good[0]), tries(good[1])), good)
	}
	for want, bad := range map[string][2]string{
		"the destination was open before a commit was asked for": {"yyyyynnnnn", "nynnnnyyyy"},
		"both sides were open":                {"yyyyyyyynn", "nnnnnyyyyy"},
		"the source was open after COMMITTED": {"yyyyynnnny", "nnnnnnnnnn"},
	} {
		require.ErrorContains(t, oneOpen(l, tries(bad[0]), tries(bad[1])), want)
	}
}

func TestPresent(t *testing.T) {
	t.Parallel()
	past := tries("ynn?y?")
	past[4].removed = true
	there := func(numbers ...int) map[int]bool {
		found := map[int]bool{}
		for _, n := range numbers {
			found[n] = true
		}
		return found
	}
	require.NoError(t, present(past, there(0)))
	require.NoError(t, present(past, there(0, 3, 5)))
	for want, found := range map[string]map[int]bool{
		"write 0 was acknowledged (removed again: false), and it is there: false": there(),
		"write 2 was refused (removed again: false), and it is there: true":       there(0, 2),
		"write 4 was acknowledged (removed again: true), and it is there: true":   there(0, 4),
		"write 6 was never made": there(0, 6),
	} {
		require.ErrorContains(t, present(past, found), want)
	}
}
