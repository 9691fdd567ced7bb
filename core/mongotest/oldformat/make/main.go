// Command make writes the packed data of package oldformat. It fetches the
// servers that it needs (see mongotest.Binary) and takes some ten seconds.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/oldformat"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: make FILE.tar.gz")
		os.Exit(2)
	}
	if err := produce(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "make the data of 4.0:", err)
		os.Exit(1)
	}
}

// last is the server that the data ends up with. A later patch release opens it too.
const last = "6.0.5"

func produce(ctx context.Context, file string) error {
	dir, err := os.MkdirTemp("", "revsync-oldformat-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	aged := filepath.Join(dir, "set")
	if err := age(ctx, aged); err != nil {
		return err
	}
	bare := filepath.Join(dir, "alone")
	if err := forgetSet(ctx, filepath.Join(aged, "member0", "data"), bare); err != nil {
		return err
	}
	return pack(filepath.Join(bare, "member0", "data"), file)
}

// age writes the data and carries it from release to release.
func age(ctx context.Context, dir string) error {
	rs, err := mongotest.Start(ctx, mongotest.Options{Version: "4.2.6", NoAuth: true, Dir: dir})
	if err != nil {
		return err
	}
	defer rs.Stop() //nolint:errcheck // it has been shut down by then, unless something failed
	s := server{rs.Members()[0]}
	if err := s.setFCV(ctx, "4.0"); err != nil {
		return err
	}
	if err := s.fillAt40(ctx); err != nil {
		return err
	}
	if err := s.setFCV(ctx, "4.2"); err != nil {
		return err
	}
	if err := s.fillAt42(ctx); err != nil {
		return err
	}
	for _, step := range [][2]string{{"4.4.2", "4.4"}, {"5.0.4", "5.0"}, {last, "6.0"}} {
		if err := s.upgrade(ctx, step[0], step[1]); err != nil {
			return err
		}
	}
	if err := s.create(ctx, "new_at_60", "u", bson.D{{Key: "a", Value: 1}}); err != nil {
		return err
	}
	if err := s.insert(ctx, "new_at_60", 0, plain); err != nil {
		return err
	}
	return s.stop(ctx)
}

// forgetSet takes the replica set out of the data, so that a new one can be
// initiated with it: that has to be done by a standalone server.
func forgetSet(ctx context.Context, data, dir string) error {
	rs, err := mongotest.Start(ctx, mongotest.Options{
		Version: last, Standalone: true, Dir: dir,
		Seed: func(_ int, folder string) error { return os.CopyFS(folder, os.DirFS(data)) },
	})
	if err != nil {
		return err
	}
	defer rs.Stop() //nolint:errcheck // it has been shut down by then, unless something failed
	s := server{rs.Members()[0]}
	if err := s.emptyLocal(ctx); err != nil {
		return err
	}
	if err := s.verify(ctx); err != nil {
		return err
	}
	return s.Shutdown(ctx)
}

// emptyLocal removes the oplog, the configuration and the set's other notes.
func (s server) emptyLocal(ctx context.Context) error {
	list, err := s.run(ctx, "local", bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true},
		{Key: "filter", Value: bson.D{{Key: "type", Value: "collection"}}}})
	if err != nil {
		return err
	}
	batch, _ := list.Lookup("cursor", "firstBatch").ArrayOK()
	names, err := batch.Values()
	if err != nil {
		return err
	}
	for _, v := range names {
		name, _ := v.Document().Lookup("name").StringValueOK()
		command := bson.D{{Key: "drop", Value: name}}
		switch name { // what cannot be dropped
		case "oplog.rs":
			command = bson.D{{Key: "emptycapped", Value: name}}
		case "system.replset":
			command = bson.D{{Key: "delete", Value: name}, {Key: "deletes", Value: bson.A{bson.D{
				{Key: "q", Value: bson.D{}}, {Key: "limit", Value: 0}}}}}
		case "system.rollback.id": // any set takes what is there
			continue
		}
		if _, err := s.run(ctx, "local", command); err != nil {
			return err
		}
	}
	return nil
}

// verify makes sure that all documents have come through.
func (s server) verify(ctx context.Context) error {
	for _, ix := range oldformat.Indexes {
		reply, err := s.run(ctx, oldformat.DB, bson.D{{Key: "count", Value: ix.Collection}})
		if err != nil {
			return err
		}
		if n, _ := reply.Lookup("n").AsInt64OK(); n < documents {
			return fmt.Errorf("%s has %d documents after all the upgrades", ix.Collection, n)
		}
	}
	return nil
}
