package plugins

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// Options says how a Runner works. The zero value is the default.
type Options struct {
	// Required names modules, as "module", and components, as "module/component", without which everything is refused,
	// since nobody knows what an absent one guards: a build, a start or a reload that lost one must show.
	Required []string
	Limits   Limits
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Runner holds a set of modules and reviews triggers with them. It is safe for concurrent use. A nil *Runner is one
// without modules: it finds everything eligible.
type Runner struct {
	modules []Module
	opts    Options
	stage   *stage

	mu    sync.Mutex
	stuck map[string]<-chan answer // by module/component: evaluations that did not end when they had to
}

// NewRunner makes a runner with default options. It takes the modules over: Close closes them.
func NewRunner(modules ...Module) *Runner { return Options{}.NewRunner(modules...) }

// NewRunner makes a runner with these options. It takes the modules over: Close closes them.
func (o Options) NewRunner(modules ...Module) *Runner {
	o.Limits = o.Limits.orDefaults()
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Runner{modules: slices.Clone(modules), opts: o, stage: newStage(), stuck: map[string]<-chan answer{}}
}

// Modules lists the modules, in the order in which they are asked.
func (r *Runner) Modules() []Module {
	if r == nil {
		return nil
	}
	return slices.Clone(r.modules)
}

// Missing lists those of Options.Required that no module is or has switched on that can be used.
func (r *Runner) Missing(ctx context.Context) []string {
	there := map[string]bool{}
	for _, m := range r.modules {
		for _, name := range namesOf(ctx, m) {
			there[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(r.opts.Required), func(name string) bool { return there[name] })
}

// namesOf are that of the module and those of its components, with a manifest only of those that it switches on; none of a
// module that cannot be used.
func namesOf(ctx context.Context, m Module) (names []string) {
	if m == nil {
		return nil
	}
	d, manifest, err := usable(ctx, m)
	if err != nil {
		return nil
	}
	if manifest == nil {
		for _, c := range d.Components {
			names = append(names, join(d.Name, c.Name))
		}
		return append(names, d.Name)
	}
	for _, c := range manifest.Components {
		names = append(names, join(d.Name, c.Name))
	}
	return append(names, d.Name)
}

// Review runs the components of the request's phase and draws the verdict. The request's Trigger must be set; its
// Phase defaults to the gate of the trigger, its EvaluationID to a random one; Config, Deadline and IdempotencyKey are set
// for each component. A Component "module/component" leaves all others out; the report has no results when that one
// takes no part. In phase preflight everything is a dry run, and those take part that
// guard the trigger, whether they name preflight or not, and those that name nothing but preflight.
//
// Checks run in parallel, each with its deadline; hooks run after them one by one, not in a dry run, and never beside
// the hooks of another review. Before the trigger is carried out they run only if nothing has refused so far. In a post
// phase each of them runs whatever the others said, and the verdict has no consequence. A hook gets the key
// "<sync id>/<epoch>/<phase>", the same each time the phase is reviewed again, after a refusal or a crash. hosts gives
// each evaluation its host and may be nil.
//
// What goes wrong in a module is in the report, as a finding PLUGIN_FAILED, and never in the error: that is for
// a request that cannot be reviewed and for the end of ctx. A component in this process that does not return
// after its deadline and a grace is given up: the review goes on without it, and until it returns the component is
// refused without being called again, so that there is never more than one such goroutine for each component.
func (r *Runner) Review(ctx context.Context, req sdk.Request, hosts *guest.Hosts) (sdk.Report, error) {
	if r == nil {
		r = NewRunner()
	}
	v, err := r.newReview(req, hosts)
	if err != nil {
		return sdk.Report{}, err
	}
	timed, cancel := context.WithTimeoutCause(ctx, r.opts.Limits.Review, errReviewTime)
	defer cancel()
	v.plan(timed)
	v.runChecks(timed)
	if v.req.Phase.Notice() { // what was decided is to be told to each of them, however long another one takes
		v.runHooks(ctx)
	} else {
		v.runHooks(timed)
	}
	if cause := context.Cause(ctx); cause != nil {
		return sdk.Report{}, fmt.Errorf("review of %s ended: %w", req.Trigger, cause)
	}
	return v.report(), nil
}

var errReviewTime = fmt.Errorf("the time for the whole review is over: %w", context.DeadlineExceeded)

// Close waits for evaluations that were given up, as long as ctx allows, and closes the modules.
func (r *Runner) Close(ctx context.Context) error {
	if r == nil {
		return nil
	}
	var errs []error
	r.mu.Lock()
	stuck := r.stuck
	r.stuck = map[string]<-chan answer{}
	r.mu.Unlock()
	for name, done := range stuck {
		select {
		case <-done:
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("component %s still runs: %w", name, context.Cause(ctx)))
		}
	}
	closed := make([]error, len(r.modules))
	var all sync.WaitGroup
	for i, m := range r.modules {
		if m != nil {
			all.Go(func() { closed[i] = m.Close(ctx) })
		}
	}
	all.Wait()
	return errors.Join(append(errs, closed...)...)
}
