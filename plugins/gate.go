package plugins

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// Gate is a set of modules together with the hosts that their evaluations get. It has the methods that the engine asks
// for (core.Gate). The set can be replaced while reviews go on: each one ends with the set that it began with. A nil
// *Gate finds everything eligible.
type Gate struct {
	hosts guest.Hosts
	stage *stage
	gone  sync.WaitGroup // the sets that were replaced and are not closed yet

	mu     sync.Mutex
	set    *set
	closed bool
}

// set is a runner with the number of those who use it.
type set struct {
	runner *Runner
	users  int
	unused chan struct{} // nil while it is in force; closed when it is not and nobody uses it any more
}

// retiredPatience is how long a set that was replaced may take to close its modules.
const retiredPatience = 15 * time.Second

// Bind joins the runner with how modules are answered: log, clock, limits. The clusters come with each review.
func (r *Runner) Bind(hosts guest.Hosts) *Gate {
	if r == nil {
		r = NewRunner()
	}
	return &Gate{hosts: hosts, stage: r.stage, set: &set{runner: r}}
}

// Review is Runner.Review with the gate's hosts, which send their commands through clusters.
func (g *Gate) Review(ctx context.Context, clusters sdk.Commander, req sdk.Request) (report sdk.Report, err error) {
	if g == nil {
		return (*Runner)(nil).Review(ctx, req, nil)
	}
	hosts := g.hosts
	hosts.Commander = clusters
	g.Use(func(r *Runner) { report, err = r.Review(ctx, req, &hosts) })
	return report, err
}

// Use lends the set in force, which is not closed before do returns.
func (g *Gate) Use(do func(*Runner)) {
	g.mu.Lock()
	s := g.set
	s.users++
	g.mu.Unlock()
	defer g.leave(s)
	do(s.runner)
}

func (g *Gate) leave(s *set) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.users--
	s.closeUnused()
}

func (s *set) closeUnused() {
	if s.unused != nil && s.users == 0 {
		close(s.unused)
	}
}

// Running lists the components that are being evaluated now, the longest first, those of a replaced set too.
func (g *Gate) Running() []sdk.Running {
	if g == nil {
		return nil
	}
	return g.stage.list()
}

// Replace puts another set in force at once and takes it over. The old one is closed when its last review has ended,
// by a goroutine that Close waits for. After Close the other one is closed, too, and put in force no more.
func (g *Gate) Replace(next *Runner) {
	next.stage = g.stage
	g.mu.Lock()
	old := &set{runner: next}
	if !g.closed {
		old, g.set = g.set, old
	}
	old.unused = make(chan struct{})
	old.closeUnused()
	late := g.closed
	if !late {
		g.gone.Go(func() { g.retire(old) })
	}
	g.mu.Unlock()
	if late { // nobody waits for a goroutine any more
		g.retire(old)
	}
}

func (g *Gate) retire(old *set) {
	<-old.unused // a review ends within its limits
	ctx, cancel := context.WithTimeout(context.Background(), retiredPatience)
	defer cancel()
	if err := old.runner.Close(ctx); err != nil && g.hosts.Log != nil {
		g.hosts.Log.Log(ctx, slog.LevelWarn, "the checks that were replaced could not be closed in good order", "error", err.Error())
	}
}

// Close closes the set in force and waits for those that were replaced, as long as ctx allows. Call it when no more
// reviews begin.
func (g *Gate) Close(ctx context.Context) error {
	g.mu.Lock()
	runner := g.set.runner
	g.closed = true
	g.mu.Unlock()
	err := runner.Close(ctx)
	done := make(chan struct{})
	go func() { // ends with the last of the goroutines that it waits for
		g.gone.Wait()
		close(done)
	}()
	select {
	case <-done:
		return err
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("checks that were replaced are not closed yet: %w", context.Cause(ctx)))
	}
}
