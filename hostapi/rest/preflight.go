package rest

import (
	"context"
	"encoding/json"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// preflightReply answers a dry run. Success says that the question was
// answered; Eligible inside says whether the command would go ahead.
type preflightReply struct {
	Preflight preflightJSON `json:"preflight"`
	Success   bool          `json:"success"`
}

type preflightJSON struct {
	Trigger    sdk.Trigger           `json:"trigger"`
	Eligible   bool                  `json:"eligible"`
	Refusal    *string               `json:"refusal"` // the engine's own guard; null when it has no objection
	Steps      []lifecycle.Step      `json:"steps"`
	Checks     []sdk.ReportedFinding `json:"checks"`
	Components []componentJSON       `json:"components"`
}

// componentJSON says that a check or hook was asked and how that ended: a check
// that was never asked must not look like one that found nothing.
type componentJSON struct {
	Module         string      `json:"module"`
	Component      string      `json:"component"`
	Kind           sdk.Kind    `json:"kind,omitempty"`
	Required       bool        `json:"required"`
	Outcome        sdk.Outcome `json:"outcome"`
	DurationMillis int64       `json:"durationMillis"`
	// Denied lists the host calls that it had no right to.
	Denied []sdk.DeniedCall `json:"denied,omitempty"`
}

func (s *Server) preflight(ctx context.Context, body []byte) (any, error) {
	var trigger sdk.Trigger
	var accept []string
	fields := object{
		"trigger":   func(raw json.RawMessage) error { return oneOf(raw, &trigger, sdk.Triggers...) },
		acceptField: setAccept(&accept),
	}
	if err := fields.decode(body); err != nil {
		return nil, invalid("%w", err)
	}
	if trigger == "" {
		return nil, invalid("field \"trigger\" is missing: use one of %q", sdk.Triggers)
	}
	pre, err := s.engine.Preflight(ctx, trigger, accept...)
	if err != nil {
		return nil, err
	}
	return preflightReply{preflightOf(pre), true}, nil
}

func preflightOf(p core.Preflight) preflightJSON {
	out := preflightJSON{
		Trigger: p.Trigger, Eligible: p.Report.Eligible && p.Refusal == "", Refusal: textOrNull(p.Refusal),
		Steps: append([]lifecycle.Step{}, p.Steps...), Checks: p.Report.Findings(), Components: []componentJSON{},
	}
	for _, r := range p.Report.Results {
		out.Components = append(out.Components,
			componentJSON{r.Module, r.Component, r.Kind, r.Required, r.Outcome, r.DurationMillis, r.Denied})
	}
	return out
}
