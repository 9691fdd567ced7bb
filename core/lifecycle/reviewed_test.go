package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

func TestReviewed(t *testing.T) {
	review := func(i int) lifecycle.Review {
		return lifecycle.Review{EvaluationID: fmt.Sprint(i), Request: lifecycle.Commit, Phase: "preCommit",
			At:     time.Date(2026, 1, 2, 3, 4, 5, 678_912_345, time.FixedZone("", 3600)),
			Parts:  make([]lifecycle.ReviewedPart, lifecycle.MaxReviewedParts+1),
			Denied: make([]lifecycle.DeniedCall, lifecycle.MaxReviewedDenied+2)}
	}
	var r lifecycle.Record
	for i := range lifecycle.MaxReviews + 3 {
		before := r
		r.Reviewed(review(i))
		r.Reviewed(review(i))
		require.Len(t, r.Reviews, min(i+1, lifecycle.MaxReviews), "a change that is made twice adds nothing")
		require.Len(t, before.Reviews, min(i, lifecycle.MaxReviews), "the copy that readers hold stays as it is")
	}
	first := r.Reviews[0]
	require.Equal(t, "3", first.EvaluationID, "the oldest go first")
	require.Equal(t, time.Date(2026, 1, 2, 2, 4, 5, 678_000_000, time.UTC), first.At, "as the server keeps it")
	require.Len(t, first.Parts, lifecycle.MaxReviewedParts)
	require.Len(t, first.Denied, lifecycle.MaxReviewedDenied)
	require.Equal(t, 3, first.LeftOut)
	after := review(18)
	after.Phase = "postCommit"
	r.Reviewed(after)
	require.Equal(t, "postCommit", r.Reviews[lifecycle.MaxReviews-1].Phase)
}

func TestDamagedReviewsAreRefused(t *testing.T) {
	for name, damage := range map[string]func(*lifecycle.Record){
		"no id":      func(r *lifecycle.Record) { r.Reviews[0].EvaluationID = "" },
		"no time":    func(r *lifecycle.Record) { r.Reviews[0].At = time.Time{} },
		"no request": func(r *lifecycle.Record) { r.Reviews[0].Request = "" },
		"parts":      func(r *lifecycle.Record) { r.Reviews[0].Parts = make([]lifecycle.ReviewedPart, 129) },
		"denied":     func(r *lifecycle.Record) { r.Reviews[0].Denied = make([]lifecycle.DeniedCall, 33) },
		"too many":   func(r *lifecycle.Record) { r.Reviews = append(r.Reviews, make([]lifecycle.Review, 16)...) },
	} {
		t.Run(name, func(t *testing.T) {
			r := running()
			r.Reviewed(lifecycle.Review{EvaluationID: "e", At: time.Now(), Request: lifecycle.Start, Parts: make([]lifecycle.ReviewedPart, 1)})
			require.NoError(t, r.Validate())
			damage(&r)
			require.Error(t, r.Validate())
		})
	}
}
