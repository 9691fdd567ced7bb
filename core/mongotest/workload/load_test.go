package workload_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/judge"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// TestLoadIsRepeatable loads two sides from one seed and wants them equal.
func TestLoadIsRepeatable(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{})
	var group errgroup.Group
	for _, set := range []*mongotest.ReplicaSet{a, b} {
		group.Go(func() error {
			if err := workload.Load(t.Context(), set.Client(t, mongotest.DDL), 3); err != nil {
				return err
			}
			return workload.Fill(t.Context(), set.Client(t, mongotest.App), 4<<20, 3)
		})
	}
	require.NoError(t, group.Wait())
	found, err := judge.Compare(t.Context(), a.Client(t, mongotest.Root), b.Client(t, mongotest.Root))
	require.NoError(t, err)
	require.NoError(t, found.Err())
	require.Greater(t, found.Documents, int64(7000))
	require.Equal(t, 21, found.Namespaces)
}
