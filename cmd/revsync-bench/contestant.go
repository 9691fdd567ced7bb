package main

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// contestant brings the source's data to a destination and keeps it there. The
// calls come in the order of this list, each once; close always comes.
type contestant interface {
	// prepare connects and does what is not measured. Whatever ends the work of the contestant
	// later without being asked to, it hands to fail, which ends the turn.
	prepare(ctx context.Context, source, destination *side, fail func(error)) error
	// copy returns when all documents and indexes are on the destination and
	// changes are being followed.
	copy(ctx context.Context) error
	// applied is the cluster time of the source up to which every change is
	// said to be on the destination. The turn checks that.
	applied(ctx context.Context) (bson.Timestamp, error)
	// open ends the sync and returns when users may write to the destination
	// and its indexes are those of the source.
	open(ctx context.Context) (opened, error)
	// close stops everything; it may be called twice.
	close() error
	// used is the process's peak memory and CPU time; zero values are not known.
	used() usage
}

// Names of the contestants in what is printed.
const (
	rawName    = "raw loops"
	engineName = "revsync"
)
