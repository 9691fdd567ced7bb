package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest"
)

// usualPort is taken if nobody else has it, so that what is shown can be typed.
const usualPort = "27182"

// serve starts the server on both clusters and waits until it is IDLE.
func (d *demo) serve(ctx context.Context) (err error) {
	port, err := child.FreePort(usualPort)
	if err != nil {
		return err
	}
	sets := [2]*mongotest.ReplicaSet{d.sides[0].set, d.sides[1].set}
	d.server, err = child.Start(child.Settings{Binary: d.binary, LogDir: filepath.Join(d.dir, "log"), Port: port,
		Cluster0: sets[0].URI(mongotest.Sync), Cluster1: sets[1].URI(mongotest.Sync)})
	if err != nil {
		return err
	}
	d.out.say("$ revsync serve --port %s --cluster0 mongodb://sync:***@%s --cluster1 mongodb://sync:***@%s", port,
		strings.Join(sets[0].Hosts(), ","), strings.Join(sets[1].Hosts(), ","))
	d.out.curl(d.server.API, "progress", "")
	_, err = d.follow(ctx, func(p child.Progress) bool { return p.State == "IDLE" })
	return err
}
