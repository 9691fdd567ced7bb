package main

import (
	"context"
	"fmt"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// Before the story goes on, each client of the application has had so many
// operations acknowledged.
const (
	writesEach      = 5
	writesPerSecond = 10 // of each client
	trafficPatience = 2 * time.Minute
	smallLagMillis  = 1000
	lagPatience     = 20 * time.Second
)

// command sends a command and shows the call and the answer.
func (d *demo) command(ctx context.Context, path, body string) error {
	d.out.curl(d.server.API, path, body)
	r, err := d.server.API.Call(ctx, path, body)
	if err != nil {
		return err
	}
	d.out.say("%s", r.Raw)
	return nil
}

func (d *demo) start(ctx context.Context) error {
	copied := d.summary.clock("copy")
	if err := d.command(ctx, "start", `{"source":"cluster0","destination":"cluster1","reversible":true}`); err != nil {
		return err
	}
	if err := d.mustRefuse(ctx, d.sides[1]); err != nil {
		return err
	}
	if err := d.beginWriting(ctx); err != nil {
		return err
	}
	d.out.curl(d.server.API, "progress", "")
	near := nearNow()
	_, err := d.follow(ctx, func(p child.Progress) bool {
		if p.Info != "change event application" {
			return false
		}
		if d.summary.bytes == 0 {
			d.summary.bytes = p.CollectionCopy.Copied
			copied()
			copied = d.summary.clock("catch up")
		}
		return near(p)
	})
	if err != nil {
		return err
	}
	copied()
	return d.keepWriting(ctx)
}

// beginWriting sets the application going on cluster0.
func (d *demo) beginWriting(ctx context.Context) (err error) {
	d.traffic, err = workload.Start(ctx, workload.Options{Client: d.sides[0].app, DDLClient: d.sides[0].ddl,
		Seed: seed, Clients: 1, Rate: writesPerSecond})
	if err == nil {
		d.out.say("an application writes to cluster0 from now on, with clients of %d kinds: %v", len(workload.Kinds()), workload.Kinds())
	}
	return err
}

// nearNow waits as an operator does: until a commit is possible and the lag small,
// because users wait for the rest of it at the cutover. On a machine with too much
// to do the lag may stay; then a possible commit is enough after a while.
func nearNow() func(child.Progress) bool {
	var since time.Time
	return func(p child.Progress) bool {
		if !p.CanCommit {
			return false
		}
		if since.IsZero() {
			since = time.Now()
		}
		return p.LagMillis != nil && *p.LagMillis < smallLagMillis || time.Since(since) > lagPatience
	}
}

// keepWriting waits until every client of the application has got something done.
func (d *demo) keepWriting(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, trafficPatience, fmt.Errorf("the application got nothing done within %s", trafficPatience))
	defer cancel()
	if err := d.traffic.WaitWrites(ctx, writesEach); err != nil {
		return err
	}
	p, err := d.look(ctx)
	if err != nil {
		return err
	}
	d.out.say("the application has had %d operations acknowledged so far", d.traffic.Report().Total.Acknowledged)
	d.out.say("%s", status(p))
	return nil
}
