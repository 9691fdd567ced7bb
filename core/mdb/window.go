package mdb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// Window is what the oplog holds. The sizes are 0 for a user who may not see them
// (action collStats on local.oplog.rs).
type Window struct {
	First, Last         lifecycle.OpTime
	SizeBytes, MaxBytes int64
}

// Reaches reports whether a stream can still be opened at t.
func (w Window) Reaches(t lifecycle.OpTime) bool { return w.First.Compare(t) <= 0 }

// Left estimates how long t stays in the oplog: until what is older is written
// over, and before that, until a young oplog is full, at the rate at which it
// has filled so far. It is never negative.
func (w Window) Left(t lifecycle.OpTime) time.Duration {
	left := int64(t.T) - int64(w.First.T)
	if spare := w.MaxBytes - w.SizeBytes; spare > 0 && w.SizeBytes > 0 {
		left += int64(float64(spare) / float64(w.SizeBytes) * float64(w.Last.T-w.First.T))
	}
	return max(time.Duration(left)*time.Second, 0)
}

// OplogWindow asks for the oplog's first and last entry and its sizes.
func (c *Cluster) OplogWindow(ctx context.Context) (Window, error) {
	cmd := bson.D{{Key: "serverStatus", Value: 1}, {Key: "oplog", Value: 1}}
	for _, section := range heavySections {
		cmd = append(cmd, bson.E{Key: section, Value: 0})
	}
	reply, err := c.Run(ctx, "admin", cmd)
	if err != nil {
		return Window{}, fmt.Errorf("read the oplog window: %w", err)
	}
	ft, fi, ok := reply.Lookup("oplog", "earliestOptime").TimestampOK()
	lt, li, ok2 := reply.Lookup("oplog", "latestOptime").TimestampOK()
	if !ok || !ok2 {
		return Window{}, fmt.Errorf("%s: serverStatus does not tell the oplog window", c.name)
	}
	w := Window{First: lifecycle.OpTime{T: ft, I: fi}, Last: lifecycle.OpTime{T: lt, I: li}}
	if stats, err := c.Run(ctx, "local", bson.D{{Key: "collStats", Value: "oplog.rs"}}); err == nil {
		w.SizeBytes, w.MaxBytes = int64(intOf(stats.Lookup("size"))), int64(intOf(stats.Lookup("maxSize")))
	}
	return w, nil
}

// heavySections are parts of serverStatus that nobody here reads.
var heavySections = []string{"wiredTiger", "metrics", "tcmalloc", "locks", "mirroredReads", "electionMetrics", "opLatencies", "asserts"}
