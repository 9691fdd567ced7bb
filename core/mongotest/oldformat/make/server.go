package main

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/oldformat"
)

// server is asked by single commands: the driver refuses 4.2.
type server struct{ *mongotest.Member }

func (s server) run(ctx context.Context, db string, command bson.D) (bson.Raw, error) {
	reply, err := s.Command(ctx, db, command)
	if err != nil {
		return nil, err
	}
	if failed, ok := reply.Lookup("writeErrors").ArrayOK(); ok {
		return nil, fmt.Errorf("%s: %s", command[0].Key, failed)
	}
	return reply, nil
}

// majority makes a write part of the next checkpoint that a shutdown writes.
var majority = bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}}

func (s server) setFCV(ctx context.Context, version string) error {
	_, err := s.run(ctx, "admin", bson.D{{Key: "setFeatureCompatibilityVersion", Value: version}})
	return err
}

// create makes a unique index; more are further options of it.
func (s server) create(ctx context.Context, coll, name string, key bson.D, more ...bson.E) error {
	spec := append(bson.D{{Key: "key", Value: key}, {Key: "name", Value: name}, {Key: "unique", Value: true}}, more...)
	_, err := s.run(ctx, oldformat.DB, bson.D{{Key: "createIndexes", Value: coll}, {Key: "indexes", Value: bson.A{spec}}, majority})
	return err
}

// documents is how many each insert makes.
const documents = 60

// insert adds documents with the numbers from first on.
func (s server) insert(ctx context.Context, coll string, first int, document func(n int) bson.D) error {
	docs := bson.A{}
	for n := first; n < first+documents; n++ {
		docs = append(docs, append(bson.D{{Key: "_id", Value: n}}, document(n)...))
	}
	_, err := s.run(ctx, oldformat.DB, bson.D{{Key: "insert", Value: coll}, {Key: "documents", Value: docs}, majority})
	return err
}

// upgrade goes on with the binary of a later release.
func (s server) upgrade(ctx context.Context, version, fcv string) error {
	if err := s.stop(ctx); err != nil {
		return err
	}
	if err := s.StartVersion(ctx, version); err != nil {
		return err
	}
	return s.setFCV(ctx, fcv)
}

// stop shuts down at once: left alone, the old servers wait ten seconds for a
// secondary to take over.
func (s server) stop(ctx context.Context) error {
	if _, err := s.run(ctx, "admin", bson.D{{Key: "appendOplogNote", Value: 1}, {Key: "data", Value: bson.D{{Key: "n", Value: 1}}}, majority}); err != nil {
		return err
	}
	// The server may go away without an answer.
	_, _ = s.Command(ctx, "admin", bson.D{{Key: "shutdown", Value: 1}, {Key: "force", Value: true}, {Key: "timeoutSecs", Value: 1}})
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.Running() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server did not shut down: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
	return nil
}
