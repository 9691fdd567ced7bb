package rest

import (
	"context"
	"fmt"
	"sync"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// scripted is an Engine whose legality is the engine's own table and whose other
// refusals are scripted. It counts what reached it.
type scripted struct {
	mu        sync.Mutex
	state     lifecycle.State
	fail      error // answered instead of carrying a legal command out
	entered   chan string
	hold      chan struct{} // when not nil, commands wait here for release
	once      sync.Once
	calls     []string
	started   core.StartOptions
	accept    []string // of the last command or dry run that got through
	progress  core.Progress
	preview   core.Preflight
	evaluated sdk.Result
}

// release lets the held commands go on.
func (e *scripted) release() { e.once.Do(func() { close(e.hold) }) }

func (e *scripted) do(ctx context.Context, t lifecycle.Trigger) error {
	if err := e.enter(ctx, string(t)); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == lifecycle.Initializing {
		return &core.Error{Op: string(t), Code: core.Starting, Err: fmt.Errorf("not connected to both clusters yet")}
	}
	next, err := lifecycle.Next(e.state, t)
	if err != nil {
		return &core.Error{Op: string(t), Code: core.IllegalState, Err: err}
	}
	if e.fail != nil {
		return e.fail
	}
	e.state = next
	return nil
}

// enter notes the call and waits if calls are held.
func (e *scripted) enter(ctx context.Context, call string) error {
	e.mu.Lock()
	e.calls = append(e.calls, call)
	e.mu.Unlock()
	if e.hold == nil {
		return nil
	}
	e.entered <- call
	select {
	case <-e.hold:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s was cut short: %w", call, context.Cause(ctx))
	}
}

func (e *scripted) Start(ctx context.Context, o core.StartOptions) error {
	err := e.do(ctx, lifecycle.Start)
	if err == nil {
		e.started = o
	}
	return err
}
func (e *scripted) Pause(ctx context.Context) error  { return e.do(ctx, lifecycle.Pause) }
func (e *scripted) Resume(ctx context.Context) error { return e.do(ctx, lifecycle.Resume) }
func (e *scripted) Commit(ctx context.Context, accept ...string) error {
	e.accepting(accept)
	return e.do(ctx, lifecycle.Commit)
}
func (e *scripted) Reverse(ctx context.Context, accept ...string) error {
	e.accepting(accept)
	return e.do(ctx, lifecycle.Reverse)
}

func (e *scripted) accepting(names []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.accept = names
}

func (e *scripted) Progress() core.Progress {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.progress
	if p.State == "" {
		p.State = e.state
	}
	return p
}

func (e *scripted) Preflight(ctx context.Context, t sdk.Trigger, accept ...string) (core.Preflight, error) {
	if err := e.enter(ctx, "preflight "+string(t)); err != nil {
		return core.Preflight{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == lifecycle.Initializing {
		return core.Preflight{}, &core.Error{Op: "preflight", Code: core.Starting, Err: fmt.Errorf("not connected to both clusters yet")}
	}
	if e.fail != nil {
		return core.Preflight{}, e.fail
	}
	p := e.preview
	p.Trigger, e.accept = t, accept
	return p, nil
}

func (e *scripted) Evaluate(ctx context.Context, t sdk.Trigger, component string) (sdk.Result, error) {
	if err := e.enter(ctx, "evaluate "+component+" before "+string(t)); err != nil {
		return sdk.Result{}, err
	}
	return e.evaluated, e.fail
}
