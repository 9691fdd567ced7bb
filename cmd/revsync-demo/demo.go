package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// demo is all that runs during the demonstration.
type demo struct {
	settings
	out *screen

	dir     string
	sides   [2]*cluster // cluster0 and cluster1
	server  *child.Process
	traffic *workload.Run
	summary summary
}

// play is the story, chapter by chapter.
func (d *demo) play(ctx context.Context) error {
	for _, chapter := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"Two replica sets with access control, and data on cluster0", d.prepare},
		{"The server", d.serve},
		{"Start: copy cluster0 to cluster1 while an application writes to cluster0", d.start},
		{"Commit: move the application to cluster1", d.moveThere},
		{"Reverse: what is written to cluster1 flows back to cluster0", d.turnRound},
		{"Commit again: move the application back to cluster0", d.moveBack},
		{"Proof", d.prove},
	} {
		d.out.chapter(chapter.title)
		if err := chapter.tell(ctx); err != nil {
			return err
		}
	}
	d.summary.print(d.out)
	return nil
}

// explain adds to an error what helps to understand it: why the context has
// ended, and the end of the server's log.
func (d *demo) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return errors.New("interrupted")
	} else if cause != nil {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	if d.server != nil {
		err = fmt.Errorf("%w\nthe end of the server's log:\n%s", err, d.server.Tail())
	}
	return err
}

// takeDown stops everything and removes all files, in an order in which nobody
// waits for somebody who is gone.
func (d *demo) takeDown() error {
	if d.traffic != nil {
		d.traffic.Stop()
	}
	var errs []error
	if d.server != nil {
		errs = append(errs, d.server.Stop())
	}
	for _, side := range d.sides {
		if side != nil {
			errs = append(errs, side.remove())
		}
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	err := errors.Join(errs...)
	if err == nil {
		d.out.print("\nEverything is stopped, and all files are removed.")
	}
	return err
}
