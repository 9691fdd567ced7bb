package lifecycle

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The bounds of what a record keeps about reviews; of the reviews the oldest go first.
const (
	MaxReviews        = 16
	MaxReviewedParts  = 128
	MaxReviewedDenied = 32
)

// Review says who judged a command and what came of it: enough to find out later
// which bytes decided, and what they tried that they had no right to.
type Review struct {
	EvaluationID string         `bson:"evaluationId"`
	At           time.Time      `bson:"at"` // UTC, whole milliseconds
	Request      Trigger        `bson:"request"`
	Phase        string         `bson:"phase"`
	Eligible     bool           `bson:"eligible"`
	FactsDigest  string         `bson:"factsDigest"` // SHA-256 of the facts in hexadecimal
	Parts        []ReviewedPart `bson:"parts"`       // in the order in which they were asked
	Denied       []DeniedCall   `bson:"denied"`      // host calls that were refused for lack of a right
	LeftOut      int            `bson:"leftOut"`     // parts and denied calls above the bounds
}

// ReviewedPart is one check or hook of a review.
type ReviewedPart struct {
	Module    string `bson:"module"`
	Version   string `bson:"version"`
	Digest    string `bson:"digest"` // SHA-256 of the module's file in hexadecimal, empty without a file
	Component string `bson:"component"`
	Outcome   string `bson:"outcome"`
}

// DeniedCall is a host call that a component had no right to.
type DeniedCall struct {
	Module    string `bson:"module"`
	Component string `bson:"component"`
	Op        string `bson:"op"`
	Cluster   string `bson:"cluster"`
	Command   string `bson:"command"`
	Reason    string `bson:"reason"`
}

// Reviewed adds a review and drops the oldest above MaxReviews. One that is there
// already is not added again, since a change of the record may be made twice, and
// one that asked nobody says nothing. The list is made anew: copies of the record
// share the old one.
func (r *Record) Reviewed(v Review) {
	known := func(have Review) bool { return have.EvaluationID == v.EvaluationID && have.Phase == v.Phase }
	if len(v.Parts) == 0 || slices.ContainsFunc(r.Reviews, known) {
		return
	}
	all := append(slices.Clone(r.Reviews), v.bounded())
	r.Reviews = all[max(0, len(all)-MaxReviews):]
}

func (v Review) bounded() Review {
	v.At = v.At.UTC().Truncate(time.Millisecond)
	parts, denied := min(len(v.Parts), MaxReviewedParts), min(len(v.Denied), MaxReviewedDenied)
	v.LeftOut += len(v.Parts) - parts + len(v.Denied) - denied
	v.Parts, v.Denied = append([]ReviewedPart{}, v.Parts[:parts]...), append([]DeniedCall{}, v.Denied[:denied]...)
	return v
}

func (r *Record) checkReviews() error {
	if len(r.Reviews) > MaxReviews {
		return fmt.Errorf("the record has %d reviews, more than %d", len(r.Reviews), MaxReviews)
	}
	for _, v := range r.Reviews {
		switch {
		case v.EvaluationID == "" || v.At.IsZero() || v.Request == "":
			return errors.New("the record has a review without an id, a time or a request")
		case len(v.Parts) > MaxReviewedParts || len(v.Denied) > MaxReviewedDenied:
			return fmt.Errorf("review %s in the record has %d parts and %d denied calls, more than it may", v.EvaluationID, len(v.Parts), len(v.Denied))
		}
	}
	return nil
}
