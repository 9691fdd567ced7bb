package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

// seeds make two independent hashes, the same for everything in this process.
var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// digest is what a collection holds: the sums of its documents' hashes do not
// depend on their order, and differ when one is missing, there twice, or changed
// in a single bit.
type digest struct {
	docs, bytes int64
	sum         [2]uint64
}

func (d *digest) add(doc []byte) {
	d.docs++
	d.bytes += int64(len(doc))
	for i, seed := range seeds {
		d.sum[i] += maphash.Bytes(seed, doc)
	}
}

// content is the digests of all collections of a database, by name.
type content map[string]digest

// total is the number of documents in all collections, and of their bytes.
func total(parts ...content) (docs, bytes int64) {
	for _, part := range parts {
		for _, d := range part {
			docs += d.docs
			bytes += d.bytes
		}
	}
	return docs, bytes
}

// readContent reads every document of a database: as of the given cluster time,
// or, if that is zero, as they are.
func readContent(ctx context.Context, db *mongo.Database, at bson.Timestamp) (content, error) {
	names, err := db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	all := content{}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, name := range names {
		group.Go(func() error {
			d, err := readDigest(inner, db, name, at)
			if err != nil {
				return fmt.Errorf("read %s.%s: %w", db.Name(), name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			all[name] = d
			return nil
		})
	}
	return all, group.Wait()
}

func readDigest(ctx context.Context, db *mongo.Database, coll string, at bson.Timestamp) (d digest, err error) {
	cmd := bson.D{{Key: "find", Value: coll}}
	if !at.IsZero() {
		cmd = append(cmd, bson.E{Key: "readConcern", Value: bson.D{{Key: "level", Value: "snapshot"}, {Key: "atClusterTime", Value: at}}})
	}
	cursor, err := db.RunCommandCursor(ctx, cmd)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, cursor.Close(ctx)) }()
	for cursor.Next(ctx) {
		d.add(cursor.Current)
	}
	return d, cursor.Err()
}

// diff names what differs, nil if nothing does.
func diff(db string, want, have content) error {
	var errs []error
	for name, w := range want {
		h, ok := have[name]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%s.%s is missing", db, name))
		case h.docs != w.docs:
			errs = append(errs, fmt.Errorf("%s.%s has %d documents; the source has %d", db, name, h.docs, w.docs))
		case h != w:
			errs = append(errs, fmt.Errorf("%s.%s has the same number of documents as the source (%d), but not the same ones", db, name, w.docs))
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			errs = append(errs, fmt.Errorf("%s.%s is not on the source", db, name))
		}
	}
	return errors.Join(errs...)
}
