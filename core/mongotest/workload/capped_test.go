package workload

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWrongCount: a server that counts wrong drops the oldest documents too early,
// and none in the middle.
func TestWrongCount(t *testing.T) {
	c := &cappedClient{outcomes: []Outcome{Acknowledged, Acknowledged, Unknown, Acknowledged, Acknowledged}}
	require.False(t, c.mayHaveFallenOut(0, []int{0, 1, 1, 1, 1}), "nothing has come after it yet that could push it out")
	c.killed = true
	require.True(t, c.mayHaveFallenOut(0, []int{0, 1, 1, 1, 1}))
	require.True(t, c.mayHaveFallenOut(1, []int{0, 0, 1, 1, 1}))
	require.False(t, c.mayHaveFallenOut(1, []int{1, 0, 1, 1, 1}), "an older one is there")
	require.False(t, c.mayHaveFallenOut(4, []int{0, 0, 0, 0, 0}), "the newest one")
}
