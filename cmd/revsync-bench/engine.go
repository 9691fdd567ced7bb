package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest"
)

// engine is revsync: the real binary in a process of its own, told what to do
// over its REST interface.
type engine struct {
	binary, dir string
	child       *child.Process
	usage       usage
}

func (e *engine) prepare(ctx context.Context, source, destination *side, fail func(error)) error {
	port, err := child.FreePort()
	if err != nil {
		return err
	}
	logs, err := os.MkdirTemp(e.dir, "log-")
	if err != nil {
		return err
	}
	e.child, err = child.Start(child.Settings{Binary: e.binary, LogDir: logs, Port: port, OnEnd: fail,
		Cluster0: source.set.URI(mongotest.Sync), Cluster1: destination.set.URI(mongotest.Sync)})
	if err != nil {
		return err
	}
	return e.ready(ctx)
}

// ready waits until the server can be given a command.
func (e *engine) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("revsync is not ready after a minute"))
	defer cancel()
	return poll(ctx, 20*time.Millisecond, func() (bool, error) {
		p, err := e.child.API.Progress(ctx)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return false, nil // not listening yet
		}
		return p.State == "IDLE", err
	})
}

func (e *engine) copy(ctx context.Context) error {
	_, err := e.child.API.Call(ctx, "start", `{"source":"cluster0","destination":"cluster1","reversible":true}`)
	if err != nil {
		return err
	}
	return e.wait(ctx, "the copy", 10*time.Millisecond, func(p child.Progress) bool { return p.Info == "change event application" })
}

// wait polls progress; when the time is up it says what progress did.
func (e *engine) wait(ctx context.Context, what string, interval time.Duration, until func(child.Progress) bool) error {
	var last child.Progress
	err := poll(ctx, interval, func() (ok bool, err error) {
		last, err = e.child.API.Progress(ctx)
		return err == nil && until(last), err
	})
	switch {
	case err == nil:
		return nil
	case last.LastError != nil:
		return fmt.Errorf("waiting for %s in %s (%s; last error: %s): %w", what, last.State, last.Info, last.LastError.Message, err)
	}
	return fmt.Errorf("waiting for %s in %s (%s): %w", what, last.State, last.Info, err)
}

func (e *engine) applied(ctx context.Context) (bson.Timestamp, error) {
	p, err := e.child.API.Progress(ctx)
	if p.Applied == nil {
		return bson.Timestamp{}, err
	}
	return bson.Timestamp{T: p.Applied.Timestamp.T, I: p.Applied.Timestamp.I}, err
}

func (e *engine) open(ctx context.Context) (o opened, err error) {
	begin := time.Now()
	if _, err := e.child.API.Call(ctx, "commit", `{}`); err != nil {
		return o, err
	}
	if err := e.wait(ctx, "the destination to open", 2*time.Millisecond, func(p child.Progress) bool { return p.CanWrite }); err != nil {
		return o, err
	}
	o.writable = time.Since(begin)
	if err := e.wait(ctx, "COMMITTED", 2*time.Millisecond, func(p child.Progress) bool { return p.State == "COMMITTED" }); err != nil {
		return o, err
	}
	o.done = time.Since(begin)
	return o, nil
}

// close reads the process's memory before its end and the rest after it.
func (e *engine) close() error {
	if e.child == nil {
		return nil
	}
	c := e.child
	e.child = nil
	peak, _ := livePeak(c.PID()) // unknown, for example, when the process has died
	err := c.Stop()
	if state := c.State(); state != nil {
		e.usage = usage{peakBytes: max(peak, endPeak(state)), cpu: state.UserTime() + state.SystemTime()}
	}
	return err
}

func (e *engine) used() usage { return e.usage }
