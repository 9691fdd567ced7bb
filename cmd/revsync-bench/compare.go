package main

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// compare reads the destination as it was when everything was said to be there,
// and the source, which nobody writes to any more.
func (b *bench) compare(ctx context.Context, destination *side) error {
	at, err := destination.now(ctx)
	if err != nil {
		return err
	}
	live, err := readContent(ctx, b.source.client.Database(liveDB), bson.Timestamp{})
	if err != nil {
		return err
	}
	var errs []error
	for db, want := range map[string]content{dataDB: b.data, liveDB: live} {
		have, err := readContent(ctx, destination.client.Database(db), at)
		if err != nil {
			return err
		}
		errs = append(errs, diff(db, want, have))
	}
	return errors.Join(errs...)
}

func (b *bench) compareIndexes(ctx context.Context, destination *side) error {
	live, err := readIndexes(ctx, b.source.client.Database(liveDB))
	if err != nil {
		return err
	}
	var errs []error
	for db, want := range map[string]definitions{dataDB: b.indexes, liveDB: live} {
		have, err := readIndexes(ctx, destination.client.Database(db))
		if err != nil {
			return err
		}
		errs = append(errs, diffIndexes(db, want, have))
	}
	return errors.Join(errs...)
}
