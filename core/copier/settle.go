package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/revsync/revsync/core/mdb"
)

const (
	settlePause = 20 * time.Millisecond
	// settleTime is many times the limit that each write has on the server.
	settleTime = 10 * time.Minute
)

var errUnsettled = errors.New("a write of an attempt that was given up is still under way on the destination")

// settle waits until the destination carries out no write of this engine's on
// the namespaces concerned. A write goes on without the client that sent it.
// One that was given up, by a time limit, a pause or a crash, and then sent
// again, could insert a document a second time, after a change event has
// deleted it.
func (j *Job) settle(ctx context.Context, concerned func(mdb.Namespace) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, settleTime,
		fmt.Errorf("%w, for longer than %s; see $currentOp there", errUnsettled, settleTime))
	defer cancel()
	const what = "collection copy: wait for earlier writes"
	tick := time.NewTicker(settlePause)
	defer tick.Stop()
	for {
		var open []mdb.Namespace
		err := j.retry(ctx, "list the writes under way", func(ctx context.Context) (err error) {
			open, err = j.To.UnfinishedWrites(ctx)
			return err
		})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(open, concerned) {
			j.Report(what, nil)
			return nil
		}
		j.Report(what, errUnsettled)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
