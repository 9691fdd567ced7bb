package main

import (
	"context"
	"fmt"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
)

// moveThere commits, and lets the application write to cluster1 as soon as it may.
func (d *demo) moveThere(ctx context.Context) error {
	defer d.summary.clock("commit to COMMITTED")()
	if err := d.commit(ctx, d.sides[0]); err != nil {
		return err
	}
	d.traffic.Switch(d.sides[1].app, d.sides[1].ddl)
	d.out.say("the application writes to cluster1")
	return d.waitCommitted(ctx)
}

// moveBack commits the reversed sync. The application has to wait: first the two
// sides are compared, which must stand still for that.
func (d *demo) moveBack(ctx context.Context) error {
	defer d.summary.clock("commit back to COMMITTED")()
	if err := d.commit(ctx, d.sides[1]); err != nil {
		return err
	}
	patient, cancel := context.WithTimeoutCause(ctx, trafficPatience, fmt.Errorf("not within %s", trafficPatience))
	defer cancel()
	if err := d.traffic.WaitClosed(patient); err != nil {
		return err
	}
	d.out.say("every client of the application has been refused on cluster1 and waits")
	return d.waitCommitted(ctx)
}

// commit begins a cutover and returns when users may write on the other side.
func (d *demo) commit(ctx context.Context, from *cluster) error {
	begin := time.Now()
	if err := d.command(ctx, "commit", "{}"); err != nil {
		return err
	}
	if _, err := d.follow(ctx, func(p child.Progress) bool { return p.CanWrite }); err != nil {
		return err
	}
	took := time.Since(begin)
	d.summary.cutovers = append(d.summary.cutovers, took)
	d.out.say("cutover: from the commit until users may write again it took %.2f s", took.Seconds())
	return d.mustRefuse(ctx, from)
}

func (d *demo) waitCommitted(ctx context.Context) error {
	p, err := d.follow(ctx, func(p child.Progress) bool { return p.State == "COMMITTED" })
	d.summary.events = p.TotalEvents
	return err
}
