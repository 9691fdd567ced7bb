package rest

import (
	"context"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/sdk"
)

// Engine is what the endpoints drive; *core.Syncer is one. A command returns
// when it was accepted or refused (a *core.Error says why); what it set going
// is seen in Progress. Progress never blocks. All methods may be called at the
// same time.
type Engine interface {
	Start(ctx context.Context, opts core.StartOptions) error
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	Commit(ctx context.Context) error
	Reverse(ctx context.Context) error
	Progress() core.Progress
	Preflight(ctx context.Context, trigger sdk.Trigger) (core.Preflight, error)
}
