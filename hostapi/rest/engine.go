package rest

import (
	"context"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/sdk"
)

// Engine is what the endpoints drive; *core.Syncer is one. A command returns
// when it was accepted or refused (a *core.Error says why); what it set going
// is seen in Progress. Progress never blocks. All methods may be called at the
// same time. accept names the findings that do not refuse the command.
type Engine interface {
	Start(ctx context.Context, opts core.StartOptions) error
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	Commit(ctx context.Context, accept ...string) error
	Reverse(ctx context.Context, accept ...string) error
	Progress() core.Progress
	Preflight(ctx context.Context, trigger sdk.Trigger, accept ...string) (core.Preflight, error)
	// Evaluate is the dry run of one component, named "module/component".
	Evaluate(ctx context.Context, trigger sdk.Trigger, component string) (sdk.Result, error)
}
