package main

import (
	"context"

	"github.com/revsync/revsync/cmd/internal/child"
)

// turnRound lets the application change cluster1, and then reverses.
func (d *demo) turnRound(ctx context.Context) error {
	if err := d.keepWriting(ctx); err != nil {
		return err
	}
	if err := d.mustRefuse(ctx, d.sides[0]); err != nil {
		return err
	}
	if err := d.preflight(ctx); err != nil {
		return err
	}
	if err := d.reverse(ctx); err != nil {
		return err
	}
	if err := d.mustRefuse(ctx, d.sides[0]); err != nil {
		return err
	}
	defer d.summary.clock("catch up backwards")()
	if _, err := d.follow(ctx, nearNow()); err != nil {
		return err
	}
	return d.keepWriting(ctx)
}

func (d *demo) reverse(ctx context.Context) error {
	defer d.summary.clock("reverse to RUNNING")()
	if err := d.command(ctx, "reverse", "{}"); err != nil {
		return err
	}
	_, err := d.follow(ctx, func(p child.Progress) bool { return p.State == "RUNNING" && name(p.Direction.Source) == "cluster1" })
	return err
}
