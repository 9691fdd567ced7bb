package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// answer is what an evaluation came back with.
type answer struct {
	resp *sdk.Response
	err  error
}

// run evaluates one component and writes its result.
func (v *review) run(ctx context.Context, j *job) {
	start := time.Now()
	defer v.runner.stage.enter(j, v.req.Phase)()
	session := v.hosts.Open(j.scope(v.req.EvaluationID))
	defer session.Close()
	timeout := v.runner.opts.Limits.timeout(j.component, j.rules)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s: %w", timeout, context.DeadlineExceeded))
	defer cancel()
	resp, err := v.runner.call(ctx, j, session, v.request(ctx, j))
	if err == nil {
		err = checkResponse(resp)
	}
	if err != nil {
		j.result = failed(j.result, err)
	} else {
		j.take(resp, v.req.Accept)
	}
	j.result.HostCalls, j.result.Denied = session.Calls(), session.Denied()
	j.result.DurationMillis = time.Since(start).Milliseconds()
}

func (j *job) take(resp *sdk.Response, accept []string) {
	j.result.Outcome, j.result.Outputs = sdk.OutcomePassed, resp.Outputs
	j.result.Findings = append([]sdk.Finding{}, resp.Findings...)
	j.accept(accept)
	if slices.ContainsFunc(j.result.Findings, isError) {
		j.result.Outcome = sdk.OutcomeRefused
	}
}

// accept turns the errors that the operator has accepted by name into warnings. It sees answers only: a component that
// gave none has found nothing that somebody could have looked at.
func (j *job) accept(names []string) {
	for i := range j.result.Findings {
		f := &j.result.Findings[i]
		if !isError(*f) || !slices.Contains(names, join(j.name(), f.Code)) {
			continue
		}
		f.Severity = sdk.SeverityWarning
		if !slices.Contains(j.result.Accepted, f.Code) {
			j.result.Accepted = append(j.result.Accepted, f.Code)
		}
	}
}

// scope says what the component may ask. Without a manifest it gets what it asks for.
func (j *job) scope(evaluationID string) guest.Scope {
	s := guest.Scope{Module: j.descriptor.Name, Component: j.component.Name, EvaluationID: evaluationID,
		Asked: j.component.Capabilities, Granted: j.component.Capabilities}
	if j.managed {
		s.Granted = j.rules.Grants
	}
	return s
}

// request is the review's request cut and completed for one component.
func (v *review) request(ctx context.Context, j *job) *sdk.Request {
	req := v.req
	req.Component = j.component.Name
	req.Config = j.rules.Config
	req.Facts = v.req.Facts.Only(j.component.Facts)
	if v.req.Phase == sdk.PhasePreflight && !slices.Contains(j.component.Phases, sdk.PhasePreflight) {
		req.Phase = v.req.Trigger.Gate()
	}
	if deadline, ok := ctx.Deadline(); ok {
		req.Deadline = v.req.Now.Add(time.Until(deadline))
	}
	if j.component.Kind == sdk.KindHook {
		req.IdempotencyKey = fmt.Sprintf("%s/%d/%s", req.Sync.ID, req.Sync.Epoch, req.Phase)
	}
	return &req
}

// call evaluates in a goroutine of its own, since only that lets go of code which does not come back.
func (r *Runner) call(ctx context.Context, j *job, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	if err := r.checkStuck(j.name()); err != nil {
		return nil, err
	}
	done := make(chan answer, 1)
	go func() {
		resp, err := guarded(func() (*sdk.Response, error) { return j.module.Evaluate(ctx, host, req) })
		done <- answer{resp, err}
		close(done)
	}()
	select {
	case a := <-done:
		return a.resp, late(ctx, a.err)
	case <-ctx.Done():
		return nil, r.giveUp(ctx, j.name(), done)
	}
}

// late prefers the deadline as the reason of an error that came after it.
func late(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w (%w)", cause, err)
	}
	return err
}

// giveUp waits a little for an evaluation that is over its time, then leaves it behind. An answer that comes now is
// too late and does not count.
func (r *Runner) giveUp(ctx context.Context, name string, done <-chan answer) error {
	grace := time.NewTimer(r.opts.Limits.Grace)
	defer grace.Stop()
	select {
	case a := <-done:
		if a.err != nil {
			return late(ctx, a.err)
		}
		return context.Cause(ctx)
	case <-grace.C:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stuck[name] = done
	return fmt.Errorf("%w, and it did not stop when it was told to", context.Cause(ctx))
}

// checkStuck refuses a component whose last evaluation has not come back.
func (r *Runner) checkStuck(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	done, ok := r.stuck[name]
	if !ok {
		return nil
	}
	select {
	case <-done:
		delete(r.stuck, name)
		return nil
	default:
		return fmt.Errorf("an earlier evaluation has not returned yet; restart the engine to get rid of it")
	}
}

// checkResponse refuses an answer that breaks the contract.
func checkResponse(resp *sdk.Response) error {
	if err := resp.Validate(); err != nil {
		return fmt.Errorf("its answer is not valid: %w", err)
	}
	doc, err := json.Marshal(resp)
	if err != nil {
		return fmt.Errorf("its answer is not JSON: %w", err)
	}
	if len(doc) > sdk.MaxResponseBytes {
		return fmt.Errorf("its answer has %d bytes, more than %d", len(doc), sdk.MaxResponseBytes)
	}
	return nil
}
