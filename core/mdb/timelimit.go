package mdb

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// runUndated sends a command whose context has a deadline that the driver must
// not see. The driver turns a deadline into a maxTimeMS of its own, which a
// server refuses beside one that the command brings along and in the getMore of
// a plain cursor; in the command that opens a cursor it bounds the sum of the
// server's work over all later batches, so that a long scan would fail midway.
//
// The driver sets no deadline on the socket then, and breaks a running exchange
// off for a cancelled context only, not for one whose time is over. So the
// context it gets is one that is cancelled when ctx ends, for whatever reason.
func (c *Cluster) runUndated(ctx context.Context, db string, cmd any) (bson.Raw, error) {
	undated, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	reply, err := c.send(undated, db, cmd)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s: no answer in time: %w", c.name, context.DeadlineExceeded)
	}
	return reply, err
}

// setsOwnLimit reports whether a command cannot take another maxTimeMS.
func setsOwnLimit(cmd any) bool {
	d, ok := cmd.(bson.D)
	if !ok || len(d) == 0 {
		return false
	}
	if d[0].Key == "getMore" {
		return true
	}
	for _, e := range d {
		if e.Key == "maxTimeMS" {
			return true
		}
	}
	return false
}
