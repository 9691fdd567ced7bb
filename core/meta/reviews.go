package meta

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// reviewsColl holds one document for each sync, with the reviews of its last
// commands. They are kept apart from the record, which is written every second.
const reviewsColl = "reviews"

// The bounds of what is kept about reviews; of the reviews the oldest go first.
const (
	MaxReviews        = 32
	maxReviewedParts  = 128
	maxReviewedDenied = 32
)

// Review says who judged a command and what came of it: enough to find out later
// which bytes decided, and what they tried that they had no right to.
type Review struct {
	EvaluationID string            `bson:"evaluationId"`
	At           time.Time         `bson:"at"`
	Request      lifecycle.Trigger `bson:"request"`
	Phase        string            `bson:"phase"`
	Epoch        int               `bson:"epoch"`
	Eligible     bool              `bson:"eligible"`
	FactsDigest  string            `bson:"factsDigest"` // SHA-256 of the facts in hexadecimal
	Parts        []ReviewedPart    `bson:"parts"`       // in the order in which they were asked
	Denied       []DeniedCall      `bson:"denied"`      // host calls that were refused for lack of a right
	LeftOut      int               `bson:"leftOut"`     // parts and denied calls above the bounds
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

// bounded cuts the lists and counts what is left out.
func (v Review) bounded() Review {
	parts, denied := min(len(v.Parts), maxReviewedParts), min(len(v.Denied), maxReviewedDenied)
	v.LeftOut += len(v.Parts) - parts + len(v.Denied) - denied
	v.Parts, v.Denied = append([]ReviewedPart{}, v.Parts[:parts]...), append([]DeniedCall{}, v.Denied[:denied]...)
	return v
}

// KeepReview adds a review to those of a sync and drops the oldest above
// MaxReviews. It may be called again for the same one, which is then kept once.
func KeepReview(ctx context.Context, at *mdb.Cluster, syncID string, v Review) error {
	const duplicateKey = 11000 // the sync has this review: the query does not match, and the insert meets the _id
	stmt, err := bson.Marshal(bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: syncID}, {Key: "reviews", Value: bson.D{{Key: "$not", Value: bson.D{
			{Key: "$elemMatch", Value: bson.D{{Key: "evaluationId", Value: v.EvaluationID}, {Key: "phase", Value: v.Phase}}}}}}}}},
		{Key: "u", Value: bson.D{{Key: "$push", Value: bson.D{{Key: "reviews", Value: bson.D{
			{Key: "$each", Value: []Review{v.bounded()}}, {Key: "$slice", Value: -MaxReviews}}}}}}},
		{Key: "upsert", Value: true},
	})
	if err != nil {
		return fmt.Errorf("encode a review: %w", err)
	}
	res, err := at.Update(ctx, writeReviews(stmt))
	if err == nil && len(res.Errors) > 0 && res.Errors[0].Code != duplicateKey {
		err = fmt.Errorf("%s: %s", at.Name(), res.Errors[0].Message)
	}
	if err != nil {
		return fmt.Errorf("keep the review %s: %w", v.EvaluationID, err)
	}
	return nil
}

// Reviews reads those of a sync, oldest first.
func Reviews(ctx context.Context, at *mdb.Cluster, syncID string) ([]Review, error) {
	doc, err := reviewsOf(ctx, at, syncID)
	if err != nil || doc == nil {
		return nil, err
	}
	var kept struct{ Reviews []Review }
	return kept.Reviews, bson.Unmarshal(doc, &kept)
}

// CopyReviews puts the reviews of a sync onto another cluster, in the place of what
// is there.
func CopyReviews(ctx context.Context, from, to *mdb.Cluster, syncID string) error {
	doc, err := reviewsOf(ctx, from, syncID)
	if err != nil || doc == nil {
		return err
	}
	stmt, err := bson.Marshal(bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: syncID}}}, {Key: "u", Value: doc}, {Key: "upsert", Value: true}})
	if err != nil {
		return err
	}
	res, err := to.Update(ctx, writeReviews(stmt))
	if err == nil && len(res.Errors) > 0 {
		err = fmt.Errorf("%s: %s", to.Name(), res.Errors[0].Message)
	}
	if err != nil {
		return fmt.Errorf("copy the reviews: %w", err)
	}
	return nil
}

func reviewsOf(ctx context.Context, at *mdb.Cluster, syncID string) (bson.Raw, error) {
	docs, err := at.All(ctx, mdb.MetadataDB, bson.D{
		{Key: "find", Value: reviewsColl}, {Key: "filter", Value: bson.D{{Key: "_id", Value: syncID}}},
		{Key: "limit", Value: 1}, {Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}},
	})
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	return docs[0], nil
}

func writeReviews(statement []byte) mdb.Write {
	var list mdb.Array
	list.Add(statement)
	return mdb.Write{NS: mdb.Namespace{DB: mdb.MetadataDB, Coll: reviewsColl}, Statements: list.Raw()}
}
