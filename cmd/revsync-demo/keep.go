package main

import (
	"context"

	"github.com/revsync/revsync/core/mongotest"
)

// keepRunning tells what there is to try, and waits for Ctrl-C.
func (d *demo) keepRunning(ctx context.Context) {
	d.out.chapter("Everything is left running. To try:")
	for _, call := range [][2]string{
		{"progress", ""}, {"preflight", `{"trigger":"reverse"}`}, {"reverse", "{}"}, {"commit", "{}"}, {"pause", "{}"}, {"resume", "{}"},
	} {
		d.out.print("  " + d.server.API.Curl(call[0], call[1]))
	}
	d.out.print("\n   The clusters, as a plain user whom a write block stops, and as one whom it does not:")
	for _, side := range d.sides {
		d.out.print("  " + side.name + "  " + side.set.URI(mongotest.DDL))
		d.out.print("  " + side.name + "  " + side.set.URI(mongotest.Root))
	}
	d.out.print("\n   The server's log is in " + d.server.LogDir() + ". Ctrl-C stops everything and removes all files.")
	select {
	case <-ctx.Done():
	case <-d.server.Ended():
		d.out.print("\n   The server has ended: " + d.server.Tail())
	}
}
