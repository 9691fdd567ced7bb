package main

import (
	"context"
	"errors"
	"time"
)

// engineFault is one thing to do to revsync. It lasts between least and most, and
// is over when do returns, whatever happens to the context.
type engineFault struct {
	name string
	span
	do func(ctx context.Context, e *engine, lasting time.Duration) error
}

// harm is what there is to do.
type harm struct {
	engine  []engineFault
	servers []serverFault
}

var everything = harm{engineFaults, serverFaults}

var killEngine = engineFault{"kill revsync", span{0, time.Second},
	func(ctx context.Context, e *engine, lasting time.Duration) error { return e.kill(ctx, lasting) }}

// engineFaults has the usual ones more often. A suspension is shorter than the
// owner's lease: what a longer one can do is another test's business.
var engineFaults = []engineFault{
	killEngine, killEngine, killEngine, killEngine, killEngine, killEngine,
	{"suspend revsync", span{100 * time.Millisecond, 5 * time.Second}, suspendEngine},
}

func suspendEngine(ctx context.Context, e *engine, lasting time.Duration) error {
	l := e.current.Load()
	e.stops.Add(1)
	defer e.stops.Add(1)
	if err := l.Suspend(); err != nil {
		return err
	}
	pause(ctx, lasting)
	return l.Continue()
}

// serverFault is one thing to do to a server or its network, in the same way.
type serverFault struct {
	name string
	span
	do func(ctx context.Context, s *side, lasting time.Duration) error
}

var serverFaults = []serverFault{
	{"kill", span{0, time.Second}, killServer},
	{"kill", span{0, time.Second}, killServer},
	{"kill", span{0, time.Second}, killServer},
	{"step down", span{0, 0}, stepDown},
	{"suspend", span{100 * time.Millisecond, 4 * time.Second}, suspendServer},
	{"cut network of", span{100 * time.Millisecond, 3 * time.Second}, cut},
	{"hold network of", span{100 * time.Millisecond, 4 * time.Second}, hold},
	{"slow network of", span{time.Second, 4 * time.Second}, slow},
}

func killServer(ctx context.Context, s *side, lasting time.Duration) error {
	if err := s.member().Kill(); err != nil {
		return err
	}
	pause(ctx, lasting)
	return s.member().Start(context.WithoutCancel(ctx))
}

func stepDown(ctx context.Context, s *side, _ time.Duration) error {
	return s.set.StepDown(context.WithoutCancel(ctx))
}

func suspendServer(ctx context.Context, s *side, lasting time.Duration) error {
	if err := s.member().Pause(); err != nil {
		return err
	}
	pause(ctx, lasting)
	return s.member().Continue()
}

func cut(ctx context.Context, s *side, lasting time.Duration) error {
	s.member().Proxy().Cut()
	return healAfter(ctx, s, lasting)
}

func hold(ctx context.Context, s *side, lasting time.Duration) error {
	s.member().Proxy().Hold()
	return healAfter(ctx, s, lasting)
}

func slow(ctx context.Context, s *side, lasting time.Duration) error {
	s.member().Proxy().Slow(20*time.Millisecond, 1<<20)
	return healAfter(ctx, s, lasting)
}

func healAfter(ctx context.Context, s *side, lasting time.Duration) error {
	pause(ctx, lasting)
	return s.member().Proxy().Heal()
}

// well waits until both servers can be used.
func well(ctx context.Context, sides [2]*side) error {
	var errs []error
	for _, s := range sides {
		_, err := s.set.Primary(ctx)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
