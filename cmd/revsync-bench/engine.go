package main

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// engine is revsync: the real binary in a process of its own, told what to do
// over its REST interface.
type engine struct {
	binary, dir string
	child       *child
	usage       usage
}

func (e *engine) prepare(ctx context.Context, source, destination *side, fail func(error)) (err error) {
	if e.child, err = startChild(e.binary, e.dir, source, destination, fail); err != nil {
		e.child = nil
		return fmt.Errorf("run %s: %w", e.binary, err)
	}
	return e.child.ready(ctx)
}

func (e *engine) copy(ctx context.Context) error {
	err := e.child.api.post(ctx, "start", `{"source":"cluster0","destination":"cluster1","reversible":true}`)
	if err != nil {
		return err
	}
	return e.wait(ctx, "the copy", 10*time.Millisecond, func(p progress) bool { return p.Info == "change event application" })
}

// wait polls progress; when the time is up it says what progress did.
func (e *engine) wait(ctx context.Context, what string, interval time.Duration, until func(progress) bool) error {
	var last progress
	err := poll(ctx, interval, func() (ok bool, err error) {
		last, err = e.child.api.progress(ctx)
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
	p, err := e.child.api.progress(ctx)
	return p.applied(), err
}

func (e *engine) open(ctx context.Context) (o opened, err error) {
	begin := time.Now()
	if err := e.child.api.post(ctx, "commit", `{}`); err != nil {
		return o, err
	}
	if err := e.wait(ctx, "the destination to open", 2*time.Millisecond, func(p progress) bool { return p.CanWrite }); err != nil {
		return o, err
	}
	o.writable = time.Since(begin)
	if err := e.wait(ctx, "COMMITTED", 2*time.Millisecond, func(p progress) bool { return p.State == "COMMITTED" }); err != nil {
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
	peak, _ := livePeak(c.cmd.Process.Pid) // unknown, for example, when the process has died
	err := c.stop()
	if state := c.cmd.ProcessState; state != nil {
		e.usage = usage{peakBytes: max(peak, endPeak(state)), cpu: state.UserTime() + state.SystemTime()}
	}
	return err
}

func (e *engine) used() usage { return e.usage }
