package schema

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// Source is a snapshot of a cluster's collections and views.
type Source struct {
	Collections []Collection     // sorted by name; Dest is zero, every index is pending
	Views       []View           // sorted by name
	At          lifecycle.OpTime // DDL up to here is part of the snapshot; later DDL comes as change events
}

// View is a view's definition: viewOn, pipeline and collation, as
// listCollections shows them.
type View struct {
	NS      mdb.Namespace
	Options bson.Raw
}

const (
	settleRounds = 1000 // listings until the source counts as never quiet; a minute at the least
	settlePause  = 50 * time.Millisecond
)

var errUnsettled = errors.New("collections or indexes are created, changed or dropped so often that no two listings in a row are equal; hold such changes back for a moment")

// Snapshot lists the collections and views for which keep is true (nil: all)
// until two listings in a row are equal, and refuses, by name, what cannot be
// carried to another cluster. It changes nothing but notes in c's oplog.
func Snapshot(ctx context.Context, c *mdb.Cluster, keep func(mdb.Namespace) bool, report mdb.Report) (Source, error) {
	what := "list the collections of " + c.Name()
	before := &listing{}
	for range settleRounds {
		var now *listing
		err := mdb.Retry(ctx, what, report, func(ctx context.Context) (err error) {
			now, err = list(ctx, c, keep)
			return err
		})
		if err != nil {
			return Source{}, err
		}
		if now.equals(before) {
			return now.Source, now.refusal(c)
		}
		if before.primary != "" {
			report(what, errUnsettled)
		}
		before = now
		if err := pause(ctx, settlePause); err != nil {
			return Source{}, err
		}
	}
	return Source{}, fmt.Errorf("%s: %w", c.Name(), errUnsettled)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
