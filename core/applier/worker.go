package applier

import (
	"context"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// worker applies the changes of its keys, batch after batch.
type worker struct {
	*Applier
	name  string // in reports
	queue <-chan change
	batch []change
	dones []int64
	most  int // statements in a command
}

// loop ends when the queue is closed and empty, when run ends (then the batch
// in hand is finished in work), or with a permanent error.
func (w *worker) loop(run, work context.Context) error {
	for w.gather(run) {
		if err := w.apply(work); err != nil {
			return err
		}
	}
	return nil
}

// gather waits for a change and takes with it what else is there: a quiet
// source's change goes out alone and at once, a backlog in large batches.
func (w *worker) gather(run context.Context) bool {
	if run.Err() != nil {
		return false
	}
	clear(w.batch)
	w.batch = w.batch[:0]
	size := 0
	for first := true; len(w.batch) < batchEvents && size < batchBytes; first = false {
		c, ok := w.take(run, first)
		if !ok {
			break
		}
		w.batch = append(w.batch, c)
		size += c.size()
	}
	return len(w.batch) > 0
}

func (w *worker) take(run context.Context, wait bool) (c change, ok bool) {
	if !wait {
		select {
		case c, ok = <-w.queue:
		default:
		}
		return c, ok
	}
	select {
	case c, ok = <-w.queue:
	case <-run.Done():
	}
	return c, ok
}

// apply writes the batch and marks it done. After a transient error it writes
// the same batch again from its start: the batch is a piece of each document's
// history that ends with its newest known change, so doing it again ends in the
// same documents (see the package documentation), wherever the first try
// stopped. A command of the first try that was not answered cannot come later
// than those of the second: mdb.Cluster waits until the server is done with it.
func (w *worker) apply(work context.Context) error {
	plan := arrange(w.batch)
	point.Hit("apply.batch.before-write")
	w.most = commandStatements
	err := mdb.Retry(work, w.name, w.cfg.Report, func(ctx context.Context) error {
		err := w.write(ctx, plan)
		if err != nil { // if it took too long, smaller commands may not
			w.most = max(min(w.most, len(w.batch))/2, fewestStatements)
		}
		return err
	})
	if err != nil {
		return err
	}
	point.Hit("apply.batch.after-write")
	w.dones = w.dones[:0]
	for i := range w.batch {
		w.dones = append(w.dones, w.batch[i].number)
	}
	w.marks.done(w.dones...)
	w.counts.events.Add(int64(len(w.batch)))
	return nil
}
