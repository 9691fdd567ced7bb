package main

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest"
)

// engine is revsync, in one life after another.
type engine struct {
	settings child.Settings
	ended    chan error // told when a life ends that nobody has ended
	current  atomic.Pointer[life]
	stops    atomic.Int64 // begins and ends of suspensions: odd while suspended
}

// life is one process.
type life struct {
	*child.Process
	number int
	wanted chan struct{} // closed before its end is brought about
}

func newEngine(binary, dir string, sides [2]*side) (*engine, error) {
	port, err := child.FreePort()
	if err != nil {
		return nil, err
	}
	return &engine{ended: make(chan error, 1), settings: child.Settings{
		Binary: binary, LogDir: filepath.Join(dir, "revsync"), Port: port,
		Cluster0: sides[0].set.URI(mongotest.Sync), Cluster1: sides[1].set.URI(mongotest.Sync),
	}}, nil
}

// begin starts the next life. One goroutine at a time calls begin, kill and stop.
func (e *engine) begin() (err error) {
	l := &life{wanted: make(chan struct{}), number: 1}
	if last := e.current.Load(); last != nil {
		l.number = last.number + 1
	}
	s := e.settings
	s.OnEnd = func(err error) {
		select {
		case <-l.wanted:
		default:
			e.tell(err)
		}
	}
	if l.Process, err = child.Start(s); err != nil {
		return err
	}
	e.current.Store(l)
	return nil
}

func (e *engine) tell(err error) {
	select {
	case e.ended <- err:
	default: // one is enough
	}
}

// kill ends a life at once, and begins the next one after a while.
func (e *engine) kill(ctx context.Context, rest time.Duration) error {
	l := e.current.Load()
	close(l.wanted)
	if err := l.Kill(); err != nil {
		return err
	}
	pause(ctx, rest)
	return e.begin()
}

// stop ends the last life in good order.
func (e *engine) stop() error {
	l := e.current.Load()
	if l == nil {
		return nil
	}
	close(l.wanted)
	return l.Stop()
}

// watch returns an error when a life ends by itself.
func (e *engine) watch(ctx context.Context) error {
	select {
	case err := <-e.ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// pause waits; false when the context ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
