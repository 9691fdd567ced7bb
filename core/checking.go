package core

import (
	"context"
	"time"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/sdk"
)

// gather collects the facts for a review, which progress shows as long as it takes:
// asking every member about every index can be the longest part.
func (s *Syncer) gather(ctx context.Context, evaluation string, phase sdk.Phase, in facts.Input) sdk.Facts {
	now := sdk.Running{Module: guardModule, Component: "facts", Kind: sdk.KindCheck, Phase: phase, Since: time.Now()}
	s.view.change(func() {
		if s.view.gathering == nil {
			s.view.gathering = map[string]sdk.Running{}
		}
		s.view.gathering[evaluation] = now
	})
	defer s.view.change(func() { delete(s.view.gathering, evaluation) })
	return facts.Collect(ctx, in)
}

// checking lists what is being asked now.
func (s *Syncer) checking(g glimpse) []sdk.Running {
	gate, ok := s.opts.Gate.(interface{ Running() []sdk.Running })
	if !ok {
		return g.gathering
	}
	return append(g.gathering, gate.Running()...)
}
