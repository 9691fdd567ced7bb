package core

import (
	"context"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/sdk"
)

// auditPatience bounds how long a command waits until its review is kept.
const auditPatience = 5 * time.Second

// keepReview writes down who judged a command, beside the record.
func (s *Syncer) keepReview(ctx context.Context, t *tenure, v meta.Review) error {
	switch {
	case t == nil:
		return errNotConnected
	case len(v.Parts) == 0: // nobody was asked
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	return meta.KeepReview(ctx, t.to, t.store.Record().SyncID, v)
}

// keepRefusal writes down who refused a command, if there is a sync to keep it
// with. The answer does not depend on it.
func (s *Syncer) keepRefusal(ctx context.Context, v meta.Review) {
	t := s.view.look().tenure
	if t == nil {
		return
	}
	if err := s.keepReview(ctx, t, v); err != nil {
		s.log.Warn("the review that refused a command could not be kept", "evaluationId", v.EvaluationID, "error", err.Error())
	}
}

// reviewOf is what is kept of a report.
func (s *Syncer) reviewOf(report sdk.Report) meta.Review {
	v := meta.Review{Epoch: s.view.look().record.Epoch, EvaluationID: report.EvaluationID, At: report.StartedAt, Request: lifecycle.Trigger(report.Trigger),
		Phase: string(report.Phase), Eligible: report.Eligible, FactsDigest: report.FactsDigest}
	for _, r := range report.Results {
		v.Parts = append(v.Parts, meta.ReviewedPart{Module: r.Module, Version: r.ModuleVersion, Digest: r.ModuleDigest,
			Component: r.Component, Outcome: string(r.Outcome)})
		for _, d := range r.Denied {
			v.Denied = append(v.Denied, meta.DeniedCall{Module: r.Module, Component: r.Component, Op: d.Op,
				Cluster: string(d.Cluster), Command: d.Command, Reason: d.Reason})
		}
	}
	return v
}
