package meta_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
)

// testReviews is a part of TestMeta.
func testReviews(t *testing.T, c *mdb.Cluster) {
	none, err := meta.Reviews(t.Context(), c, "s")
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoError(t, meta.CopyReviews(t.Context(), c, c, "s"), "nothing to copy")
	review := func(i int, phase string) meta.Review {
		return meta.Review{EvaluationID: fmt.Sprint(i), Request: lifecycle.Commit, Phase: phase, Epoch: 1, Eligible: true,
			At: time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC), FactsDigest: "fd",
			Parts:  []meta.ReviewedPart{{Module: "acme.m", Version: "1.0.0", Digest: "d", Component: "c", Outcome: "passed"}},
			Denied: []meta.DeniedCall{{Module: "acme.m", Component: "c", Op: "find", Cluster: "source", Command: "find", Reason: "not granted"}}}
	}
	for i := range meta.MaxReviews {
		require.NoError(t, meta.KeepReview(t.Context(), c, "s", review(i, "preCommit")))
		require.NoError(t, meta.KeepReview(t.Context(), c, "s", review(i, "preCommit")), "again, as after an answer that was lost")
	}
	require.NoError(t, meta.KeepReview(t.Context(), c, "other", review(0, "preCommit")))
	require.NoError(t, meta.KeepReview(t.Context(), c, "s", review(0, "postCommit")))
	list, err := meta.Reviews(t.Context(), c, "s")
	require.NoError(t, err)
	require.Len(t, list, meta.MaxReviews)
	require.Equal(t, review(1, "preCommit"), list[0], "the oldest go first, and one is kept once")
	require.Equal(t, review(0, "postCommit"), list[meta.MaxReviews-1])
	require.NoError(t, meta.CopyReviews(t.Context(), c, c, "s"))
	again, err := meta.Reviews(t.Context(), c, "s")
	require.NoError(t, err)
	require.Equal(t, list, again)

	large := review(99, "preStart")
	large.Parts, large.Denied = make([]meta.ReviewedPart, 130), make([]meta.DeniedCall, 35)
	require.NoError(t, meta.KeepReview(t.Context(), c, "large", large))
	list, err = meta.Reviews(t.Context(), c, "large")
	require.NoError(t, err)
	require.Len(t, list[0].Parts, 128)
	require.Len(t, list[0].Denied, 32)
	require.Equal(t, 5, list[0].LeftOut)
}
