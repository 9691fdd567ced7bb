package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// cluster is one of the two replica sets, with a client of each kind of user.
type cluster struct {
	name           string
	set            *mongotest.ReplicaSet
	app, ddl, root *mongo.Client
}

// startCluster starts a set of one member.
func startCluster(ctx context.Context, name, dir string) (*cluster, error) {
	set, err := mongotest.Start(ctx, mongotest.Options{Name: name, Dir: filepath.Join(dir, name), OplogMB: 1024})
	if err != nil {
		return nil, err
	}
	c := &cluster{name: name, set: set}
	for user, client := range map[mongotest.User]**mongo.Client{mongotest.App: &c.app, mongotest.DDL: &c.ddl, mongotest.Root: &c.root} {
		if *client, err = set.Connect(ctx, user); err != nil {
			return nil, errors.Join(err, c.remove())
		}
	}
	return c, nil
}

// remove is not told to wait: the servers are killed anyway.
func (c *cluster) remove() error {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	for _, client := range []*mongo.Client{c.app, c.ddl, c.root} {
		if client != nil {
			_ = client.Disconnect(now)
		}
	}
	return c.set.Remove()
}

// mustRefuse shows that a plain user cannot write here.
func (d *demo) mustRefuse(ctx context.Context, c *cluster) error {
	if err := workload.MustRefuse(ctx, c.app); err != nil {
		return fmt.Errorf("%s should be closed to users: %w", c.name, err)
	}
	d.out.say("a plain user's write to %s is refused: (371) User writes blocked", c.name)
	return nil
}
