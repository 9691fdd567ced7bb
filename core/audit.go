package core

import (
	"context"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// auditPatience bounds how long the answer to a refused command waits for the
// record, which is not part of the answer.
const auditPatience = 5 * time.Second

// keepRefusal writes down who refused a command, if there is a record to write it
// into. State and position stay as they are.
func (s *Syncer) keepRefusal(ctx context.Context, v verdict) {
	t := s.view.look().tenure
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	if err := t.store.Update(ctx, v.enter); err != nil {
		s.log.Warn("the review that refused a command could not be kept in the record", "evaluationId", v.review.EvaluationID, "error", err.Error())
	}
}

// reviewOf is what the record keeps of a report.
func reviewOf(report sdk.Report) lifecycle.Review {
	v := lifecycle.Review{EvaluationID: report.EvaluationID, At: report.StartedAt, Request: lifecycle.Trigger(report.Trigger),
		Phase: string(report.Phase), Eligible: report.Eligible, FactsDigest: report.FactsDigest}
	for _, r := range report.Results {
		v.Parts = append(v.Parts, lifecycle.ReviewedPart{Module: r.Module, Version: r.ModuleVersion, Digest: r.ModuleDigest,
			Component: r.Component, Outcome: string(r.Outcome)})
		for _, d := range r.Denied {
			v.Denied = append(v.Denied, lifecycle.DeniedCall{Module: r.Module, Component: r.Component, Op: d.Op,
				Cluster: string(d.Cluster), Command: d.Command, Reason: d.Reason})
		}
	}
	return v
}
