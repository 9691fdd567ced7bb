//go:build unix

package main_test

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

// neverBothOpen reads the user write block of both sides all the time, and fails
// the test when both are open. It is for the time from an accepted start on, and
// ends with the test.
func (w *world) neverBothOpen() {
	w.t.Helper()
	o := &openness{w: w, roots: [2]*mongo.Client{w.client(0, mongotest.Root), w.client(1, mongotest.Root)}}
	ctx, cancel := context.WithCancel(w.t.Context())
	var group sync.WaitGroup
	group.Go(func() { o.watch(ctx) })
	w.t.Cleanup(func() { cancel(); group.Wait() })
}

type openness struct {
	w     *world
	roots [2]*mongo.Client
}

func (o *openness) watch(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// Side 0 before and after side 1: then it was open all the while, since a
		// side that was closed is not opened again within milliseconds.
		if o.open(ctx, 0) && o.open(ctx, 1) && o.open(ctx, 0) {
			o.w.t.Error("both sides are open to users")
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// modeOff is the servers' number for "no user write block".
const modeOff = 1

func (o *openness) open(ctx context.Context, side int) bool {
	command := d("serverStatus", 1, "wiredTiger", 0, "metrics", 0, "tcmalloc", 0)
	raw, err := o.roots[side].Database("admin").RunCommand(ctx, command).Raw()
	if err != nil {
		if ctx.Err() == nil {
			o.w.t.Errorf("read the user write block of cluster%d: %v", side, err)
		}
		return false
	}
	mode, ok := raw.Lookup("repl", "userWriteBlockMode").AsInt64OK()
	if !ok {
		o.w.t.Errorf("cluster%d does not tell its user write block", side)
	}
	return mode == modeOff
}
