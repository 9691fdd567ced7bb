package applier

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/schema"
)

// Run replays until ctx ends, a permanent error, or the time of StopAt (then it
// answers nil). When ctx ends, the batches in hand are finished, the position
// is stored, and the cause of ctx is answered; both together take no longer
// than 6 seconds. When the cause is ErrAbandoned, nothing more is written.
//
// The parts always stop in the same order: the reader, so that nothing new
// comes; the workers, which finish what they have in hand (all that is queued,
// if the run ends at its wished time); by then the watermark has moved as far
// as it ever will; the regular checkpoints; and the last checkpoint.
func (a *Applier) Run(ctx context.Context) error {
	run, fail := context.WithCancelCause(ctx) // ends with ctx or the first failure
	defer fail(nil)
	work, release := grace(ctx, run)
	defer release()

	r := a.newReplay(fail)
	ticking, halt := context.WithCancel(run)
	var regular errgroup.Group
	regular.Go(func() error { return r.watch(r.checkpoints.loop(ticking, work, a.cfg.CheckpointEvery)) })

	reached := r.replayUntilEnd(run, work)
	halt()
	_ = regular.Wait() // a failure has ended run
	return a.farewell(ctx, run, work, r.checkpoints, reached)
}

// farewell stores the last position and says how the run ended.
func (a *Applier) farewell(ctx, run, work context.Context, c *checkpoints, reached bool) error {
	cause := context.Cause(run)
	switch {
	case errors.Is(cause, ErrAbandoned):
		return cause
	case errors.Is(context.Cause(ctx), ErrAbandoned): // on top of another failure
		return context.Cause(ctx)
	case cause == nil && reached:
		return c.write(work)
	case cause == nil:
		return errors.New("the replay ended without a reason")
	}
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewellTime)
	defer cancel()
	_ = c.write(short) // the cause counts; without this position the next run starts a little earlier
	return cause
}

// replay is what one Run is made of.
type replay struct {
	*Applier
	fail        context.CancelCauseFunc
	checkpoints *checkpoints
	queues      []chan change
}

func (a *Applier) newReplay(fail context.CancelCauseFunc) *replay {
	r := &replay{Applier: a, fail: fail, queues: make([]chan change, a.cfg.Workers)}
	for i := range r.queues {
		r.queues[i] = make(chan change, queueEvents)
	}
	r.checkpoints = &checkpoints{marks: a.marks, store: a.cfg.Checkpoint, report: a.cfg.Report, last: a.cfg.Start}
	return r
}

// watch ends the run with the first error of any part.
func (r *replay) watch(err error) error {
	if err != nil && !errors.Is(err, errReached) {
		r.fail(err)
	}
	return err
}

// replayUntilEnd returns when reader and workers have ended; reached tells
// whether that was because the wished time was reached.
func (r *replay) replayUntilEnd(run, work context.Context) (reached bool) {
	var workers errgroup.Group
	for i, queue := range r.queues {
		w := &worker{Applier: r.Applier, name: fmt.Sprintf("apply change events (worker %d)", i+1), queue: queue}
		workers.Go(func() error { return r.watch(w.loop(run, work)) })
	}
	err := r.read(run, work)
	_ = workers.Wait()
	return errors.Is(err, errReached)
}

// read runs stream and dispatcher and closes the workers' queues when both have
// ended.
func (r *replay) read(run, work context.Context) error {
	d := &dispatcher{Applier: r.Applier, checkpoints: r.checkpoints, queues: r.queues, barrier: newBarrier(),
		targets: map[schema.UUID]*target{}, earlier: r.cfg.Start}
	defer d.closeQueues()
	replies := make(chan *reply) // the reader has the next one in hand while this one is given out
	reader, ctx := errgroup.WithContext(run)
	reader.Go(func() error { return r.watch(d.run(ctx, work, replies)) })
	reader.Go(func() error { return r.watch(r.fetch(ctx, replies)) })
	return reader.Wait()
}
