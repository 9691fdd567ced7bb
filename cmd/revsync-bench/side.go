package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

// side is a replica set of one member and a client that a write block does not
// hold back.
type side struct {
	set    *mongotest.ReplicaSet
	client *mongo.Client
}

// startSide starts a new server in a folder of its own. The caller removes it.
func (b *bench) startSide(ctx context.Context, name string) (*side, error) {
	set, err := mongotest.Start(ctx, mongotest.Options{
		Name: name, OplogMB: b.oplogMB, Dir: filepath.Join(b.dir, name),
		Args: []string{"--wiredTigerCacheSizeGB", strconv.FormatFloat(b.cacheGB, 'f', -1, 64)},
	})
	if err != nil {
		return nil, err
	}
	client, err := set.Connect(ctx, mongotest.Root)
	if err != nil {
		return nil, errors.Join(err, set.Remove())
	}
	return &side{set: set, client: client}, nil
}

// remove stops the server and deletes its data.
func (s *side) remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return errors.Join(s.client.Disconnect(ctx), s.set.Remove())
}

// open takes the user write block away, if there is one.
func (s *side) open(ctx context.Context) error {
	cmd := bson.D{{Key: "setUserWriteBlockMode", Value: 1}, {Key: "global", Value: false}}
	if err := s.client.Database("admin").RunCommand(ctx, cmd).Err(); err != nil {
		return fmt.Errorf("open %s to users: %w", s.set.Name(), err)
	}
	return nil
}

// now is a cluster time at which everything that is visible here has happened.
func (s *side) now(ctx context.Context) (bson.Timestamp, error) {
	reply, err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Raw()
	if err != nil {
		return bson.Timestamp{}, err
	}
	return operationTime(reply)
}

// version is the server's version.
func (s *side) version(ctx context.Context) (string, error) {
	reply, err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Raw()
	if err != nil {
		return "", err
	}
	return reply.Lookup("version").StringValue(), nil
}

// cpu is the CPU time that the server has used; 0 where it does not tell.
func (s *side) cpu(ctx context.Context) (time.Duration, error) {
	reply, err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "serverStatus", Value: 1}}).Raw()
	if err != nil {
		return 0, err
	}
	user, _ := reply.Lookup("extra_info", "user_time_us").AsInt64OK()
	system, _ := reply.Lookup("extra_info", "system_time_us").AsInt64OK()
	return time.Duration(user+system) * time.Microsecond, nil
}
