package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// seed makes every demonstration work on the same data.
const seed = 1

// prepare starts both sets and fills cluster0; meanwhile the server is built.
func (d *demo) prepare(ctx context.Context) (err error) {
	if d.dir, err = os.MkdirTemp("", "revsync-demo-"); err != nil {
		return err
	}
	defer d.summary.clock("build, start and load")()
	d.out.say("finding a mongod; the first time it is fetched")
	if _, err := mongotest.Binary(ctx, ""); err != nil {
		return err
	}
	d.out.say("starting the servers and loading %d MB; meanwhile revsync is built", d.megabytes)
	group, ctx := errgroup.WithContext(ctx)
	if d.binary == "" {
		d.binary = filepath.Join(d.dir, "revsync")
		group.Go(func() error { return child.Build(ctx, d.binary) })
	}
	group.Go(func() (err error) {
		d.sides[1], err = startCluster(ctx, "cluster1", d.dir)
		return err
	})
	group.Go(func() (err error) {
		if d.sides[0], err = startCluster(ctx, "cluster0", d.dir); err != nil {
			return err
		}
		return d.load(ctx, d.sides[0])
	})
	if err := group.Wait(); err != nil {
		return err
	}
	for _, side := range d.sides {
		d.out.say("%s: %s", side.name, strings.Join(side.set.Hosts(), ","))
	}
	d.out.say("cluster0 holds %d MB of plain documents, and collections, indexes and views of all kinds", d.megabytes)
	return nil
}

func (d *demo) load(ctx context.Context, side *cluster) error {
	if err := workload.Load(ctx, side.ddl, seed); err != nil {
		return err
	}
	return workload.Fill(ctx, side.app, d.megabytes*1e6, seed)
}
