package plugins

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// review is the work on one request.
type review struct {
	runner  *Runner
	hosts   *guest.Hosts
	req     sdk.Request
	started time.Time
	digest  string
	jobs    []*job // in the order of the report
}

// job is one component of the phase. result is written by the goroutine that runs it.
type job struct {
	module     Module // nil when there is nothing to run: result says why
	descriptor sdk.Descriptor
	component  sdk.Component
	managed    bool
	rules      ManifestComponent
	result     sdk.Result
}

func (r *Runner) newReview(req sdk.Request, hosts *guest.Hosts) (*review, error) {
	if req.Trigger.Gate() == "" {
		return nil, fmt.Errorf("review: unknown trigger %q", req.Trigger)
	}
	if req.Phase == "" {
		req.Phase = req.Trigger.Gate()
	}
	if !slices.Contains(sdk.Phases, req.Phase) {
		return nil, fmt.Errorf("review: unknown phase %q", req.Phase)
	}
	facts, err := json.Marshal(req.Facts)
	if err != nil {
		return nil, fmt.Errorf("review: encode the facts: %w", err)
	}
	sum := sha256.Sum256(facts)
	v := &review{runner: r, hosts: hosts, req: req, started: r.opts.Now(), digest: hex.EncodeToString(sum[:])}
	v.req.APIVersion = sdk.APIVersion
	v.req.Now = v.started.UTC()
	v.req.DryRun = req.DryRun || req.Phase == sdk.PhasePreflight
	if v.req.EvaluationID == "" {
		v.req.EvaluationID = rand.Text()
	}
	return v, nil
}

func (v *review) runChecks(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(v.runner.opts.Limits.Parallel)
	for _, j := range v.jobs {
		if j.module != nil && j.component.Kind != sdk.KindHook {
			group.Go(func() error {
				v.run(ctx, j)
				return nil
			})
		}
	}
	_ = group.Wait() // the goroutines return no errors: everything is in the results
}

// runHooks runs the hooks one by one, and never beside those of another review. Before the fact a failure stops the
// rest, since they may build on one another; afterwards each one runs, since a hook that undoes something must not wait
// for one that tells somebody.
func (v *review) runHooks(ctx context.Context) {
	var hooks []*job
	for _, j := range v.jobs {
		if j.module != nil && j.component.Kind == sdk.KindHook {
			hooks = append(hooks, j)
			j.result.Outcome = sdk.OutcomeSkipped
		}
	}
	if len(hooks) == 0 || v.req.DryRun {
		return
	}
	select {
	case v.runner.stage.acting <- struct{}{}:
		defer func() { <-v.runner.stage.acting }()
	case <-ctx.Done():
		for _, j := range hooks {
			j.result = failed(j.result, fmt.Errorf("it was not called, since the hooks of another review were still running: %w", context.Cause(ctx)))
		}
		return
	}
	for _, j := range hooks {
		if v.eligible() || v.req.Phase.Notice() {
			v.run(ctx, j)
		}
	}
}

// eligible is the verdict over the results so far; a failed component carries an error finding unless its failure
// is to be ignored.
func (v *review) eligible() bool {
	for _, j := range v.jobs {
		if slices.ContainsFunc(j.result.Findings, isError) {
			return false
		}
	}
	return true
}

func isError(f sdk.Finding) bool { return f.Severity == sdk.SeverityError }

func (v *review) report() sdk.Report {
	r := sdk.Report{APIVersion: sdk.APIVersion, EvaluationID: v.req.EvaluationID, Trigger: v.req.Trigger,
		Phase: v.req.Phase, DryRun: v.req.DryRun, Eligible: v.eligible(), Results: []sdk.Result{},
		FactsDigest: v.digest, StartedAt: v.started.UTC(),
		DurationMillis: v.runner.opts.Now().Sub(v.started).Milliseconds()}
	for _, j := range v.jobs {
		r.Results = append(r.Results, j.result)
	}
	return r
}
