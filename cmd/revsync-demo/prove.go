package main

import (
	"context"
	"fmt"

	"github.com/revsync/revsync/core/mongotest/judge"
)

// prove compares the two sides, looks for every acknowledged write on both, and lets
// the application go on on cluster0.
func (d *demo) prove(ctx context.Context) error {
	if err := d.compare(ctx); err != nil {
		return err
	}
	for _, side := range d.sides {
		if err := d.traffic.Verify(ctx, side.root); err != nil {
			return fmt.Errorf("%s does not hold what was acknowledged: %w", side.name, err)
		}
		d.out.say("%s holds every write that was acknowledged on either side", side.name)
	}
	d.traffic.Switch(d.sides[0].app, d.sides[0].ddl)
	if err := d.keepWriting(ctx); err != nil {
		return err
	}
	if err := d.mustRefuse(ctx, d.sides[1]); err != nil {
		return err
	}
	d.summary.operations = d.traffic.Stop()
	if err := d.traffic.Verify(ctx, d.sides[0].root); err != nil {
		return fmt.Errorf("the application's new writes to cluster0: %w", err)
	}
	d.out.say("the application works on cluster0 again")
	return nil
}

func (d *demo) compare(ctx context.Context) error {
	defer d.summary.clock("compare both sides")()
	found, err := judge.Compare(ctx, d.sides[0].root, d.sides[1].root)
	if err != nil {
		return err
	}
	if err := found.Err(); err != nil {
		return err
	}
	d.summary.documents = found.Documents
	d.out.say("cluster0 and cluster1 are equal: %d documents byte for byte, in %d collections and views with all options and indexes",
		found.Documents, found.Namespaces)
	return nil
}
