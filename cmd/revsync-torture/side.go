package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// side is one cluster: a server behind a network that can be disturbed, and a
// client of each user. Judges come past that network.
type side struct {
	name           string
	set            *mongotest.ReplicaSet
	app, ddl, root *mongo.Client
}

// startSide starts a server. Without retries by the driver more outcomes are unknown.
func startSide(ctx context.Context, name, dir string, retries bool) (*side, error) {
	set, err := mongotest.Start(ctx, mongotest.Options{Name: name, Dir: filepath.Join(dir, name), Proxied: true})
	if err != nil {
		return nil, err
	}
	s := &side{name: name, set: set}
	for _, c := range []struct {
		client **mongo.Client
		uri    string
	}{{&s.app, set.URI(mongotest.App)}, {&s.ddl, set.URI(mongotest.DDL)}, {&s.root, set.Members()[0].URI(mongotest.Root)}} {
		*c.client, err = mongo.Connect(options.Client().ApplyURI(c.uri).SetMonitor(workload.Monitor()).SetRetryWrites(retries))
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// member is the only one.
func (s *side) member() *mongotest.Member { return s.set.Members()[0] }

// close stops the server. Its files stay.
func (s *side) close() error {
	now, cancel := context.WithCancel(context.Background())
	cancel() // the server is killed anyway
	for _, client := range []*mongo.Client{s.app, s.ddl, s.root} {
		if client != nil {
			_ = client.Disconnect(now)
		}
	}
	if err := s.set.Stop(); err != nil {
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	return nil
}

func (s *side) remove() error { return errors.Join(s.close(), s.set.Remove()) }
