package core

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/cutover"
	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/core/schema"
)

// errForCommand is why a job is stopped when a command wants the record.
var errForCommand = errors.New("stopped for a command")

// job is one running piece of work. Its end is sent to done exactly once.
type job struct {
	kind   lifecycle.Job
	cancel context.CancelCauseFunc
	done   chan error
}

func (j *job) stop() { j.cancel(errForCommand) }

// begin starts what the record asks for.
func (s *Syncer) begin(ctx context.Context, t *tenure) *job {
	r := t.store.Record()
	kind := r.NextJob()
	inner, cancel := context.WithCancelCause(ctx)
	j := &job{kind: kind, cancel: cancel, done: make(chan error, 1)}
	s.view.setJob(kind)
	if kind != lifecycle.JobNone {
		s.log.Info("job begins", "job", string(kind))
	}
	go func() {
		defer cancel(nil)
		j.done <- s.runAndTell(inner, kind, t)
	}()
	return j
}

func (s *Syncer) run(ctx context.Context, kind lifecycle.Job, t *tenure) error {
	switch kind {
	case lifecycle.JobSchema:
		return s.copySchema(ctx, t)
	case lifecycle.JobPartition:
		return s.partition(ctx, t)
	case lifecycle.JobCopy:
		return s.copyDocuments(ctx, t)
	case lifecycle.JobApply:
		return s.apply(ctx, t)
	case lifecycle.JobCommitPlan, lifecycle.JobReversePlan:
		return s.runPlan(ctx, t)
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// copySchema takes the position that everything later begins from, then the
// schema, and creates it on the destination; of a schema that a crash has left
// half-created, Adopt removes what has changed since.
func (s *Syncer) copySchema(ctx context.Context, t *tenure) error {
	if err := s.takePosition(ctx, t); err != nil {
		return err
	}
	r := t.store.Record()
	keep, err := compileFilter(r.Options)
	if err != nil {
		return err
	}
	var source schema.Source
	err = mdb.Retry(ctx, "read the source's schema", s.report, func(ctx context.Context) (err error) {
		source, err = schema.Snapshot(ctx, t.from, keep, s.report)
		return err
	})
	if err != nil {
		return err
	}
	before := r.Options.BuildIndexes == lifecycle.BeforeDataCopy
	err = mdb.Retry(ctx, "create the destination's collections", s.report, func(ctx context.Context) error {
		return t.catalog.Adopt(ctx, source, before)
	})
	if err != nil {
		return err
	}
	point.Hit("copy.schema.done")
	return s.update(ctx, t, func(r *lifecycle.Record) { r.Copy.CollectionsCreated, r.SchemaTime = true, source.At; r.Moved() })
}

// takePosition comes before anything is read: whatever changes from here on
// comes through the change stream.
func (s *Syncer) takePosition(ctx context.Context, t *tenure) error {
	if !t.store.Record().Position.IsZero() {
		return nil
	}
	var position lifecycle.Position
	err := mdb.Retry(ctx, "take the start position", s.report, func(ctx context.Context) error {
		at, err := t.from.AppendNote(ctx, "start")
		if err != nil {
			return err
		}
		position, err = applier.OpenPosition(ctx, t.from, at)
		return err
	})
	if err != nil {
		return err
	}
	point.Hit("copy.position.taken")
	return s.update(ctx, t, func(r *lifecycle.Record) { r.Position = position })
}

func (s *Syncer) copyJob(t *tenure) *copier.Job {
	r := t.store.Record()
	load := loads[s.opts.LoadLevel-1]
	return &copier.Job{From: t.from, To: t.to, Catalog: t.catalog, Epoch: r.Epoch, ReadTime: readTime(r),
		Readers: load.readers, Writers: load.writers, IndexWhen: r.Options.BuildIndexes, Report: s.report}
}

// readTime is what every read of the copy must have seen: the changes before the
// position, and the schema that the destination was made from.
func readTime(r lifecycle.Record) lifecycle.OpTime {
	if r.Position.Time.Before(r.SchemaTime) {
		return r.SchemaTime
	}
	return r.Position.Time
}

// loads are the connections per load level; measured on two cores, where more
// than two writers only wait for each other.
var loads = [4]struct{ readers, writers, appliers int }{{1, 1, 1}, {1, 2, 2}, {2, 3, 4}, {4, 6, 8}}

func (s *Syncer) partition(ctx context.Context, t *tenure) error {
	var total int64
	err := mdb.Retry(ctx, "partition the collections", s.report, func(ctx context.Context) (err error) {
		total, err = s.copyJob(t).Partition(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return s.update(ctx, t, func(r *lifecycle.Record) { r.Copy.Partitioned, r.Copy.TotalBytes = true, max(total, 1) })
}

func (s *Syncer) copyDocuments(ctx context.Context, t *tenure) error {
	j := s.copyJob(t)
	s.view.setCopy(j)
	if err := j.Copy(ctx); err != nil {
		return err
	}
	point.Hit("copy.all.done")
	total := j.Copied()
	return s.update(ctx, t, func(r *lifecycle.Record) {
		r.Moved()
		r.Copy.DocumentsCopied, r.Copy.IndexesBuilt = true, true
		r.Copy.CopiedBytes = total
		r.Copy.TotalBytes = max(r.Copy.TotalBytes, total)
	})
}

func (s *Syncer) newApplier(t *tenure) (*applier.Applier, error) {
	r := t.store.Record()
	keep, err := compileFilter(r.Options)
	if err != nil {
		return nil, err
	}
	a := applier.New(applier.Config{From: t.from, To: t.to, Catalog: t.catalog, Start: r.Position, SchemaTime: r.SchemaTime,
		Keep: keep, Workers: loads[s.opts.LoadLevel-1].appliers, Report: s.report, CheckpointEvery: time.Second,
		Checkpoint: func(ctx context.Context, p lifecycle.Position) error {
			return t.store.Update(ctx, func(r *lifecycle.Record) { r.Position = p; r.Moved() })
		}})
	s.view.setApplier(a)
	return a, nil
}

func (s *Syncer) apply(ctx context.Context, t *tenure) error {
	a, err := s.newApplier(t)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// runPlan carries out a commit or reverse. Until a commit has drained, changes
// go on being applied beside its first steps.
func (s *Syncer) runPlan(ctx context.Context, t *tenure) error {
	env := s.env(t)
	if r := t.store.Record(); r.State != lifecycle.Committing || r.Undo || r.Step > slices.Index(lifecycle.CommitPlan.Steps, lifecycle.StepDrain) {
		return cutover.Run(ctx, env)
	}
	a, err := s.newApplier(t)
	if err != nil {
		return err
	}
	group, inner := errgroup.WithContext(ctx)
	inner, stop := context.WithCancelCause(inner)
	drained := make(chan struct{})
	var applied error
	group.Go(func() error { applied = a.Run(inner); close(drained); return nil })
	env.Drain = func(ctx context.Context, until lifecycle.OpTime) error {
		a.StopAt(until)
		select {
		case <-drained:
			return applied
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err = cutover.Run(inner, env)
	stop(errForCommand)
	_ = group.Wait() // its result went through Drain
	return err
}

func (s *Syncer) env(t *tenure) *cutover.Env {
	next := &nextCatalog{t: t}
	return &cutover.Env{From: t.from, To: t.to, Store: t.store, Lease: t.lease, Owner: s.owner, Catalog: t.catalog, Next: next,
		OpenPosition: applier.OpenPosition, Reachable: applier.Reachable, Untouched: untouched, Reveal: schema.RevealViews,
		Drain: func(context.Context, lifecycle.OpTime) error {
			return errors.New("there is nothing to drain in this plan")
		},
		Report: s.report, Notice: s.view.setNotice}
}

// untouched proves by the cluster's own change stream that nobody wrote to it.
func untouched(ctx context.Context, c *mdb.Cluster, since lifecycle.OpTime) error {
	now, err := c.AppendNote(ctx, "is it untouched")
	if err != nil {
		return err
	}
	return applier.Events(ctx, c, lifecycle.Position{Time: since}, now, func(ev bson.Raw) error {
		at, i, _ := ev.Lookup("clusterTime").TimestampOK()
		if when := (lifecycle.OpTime{T: at, I: i}); when.Compare(since) <= 0 {
			return nil
		}
		what, _ := ev.Lookup("operationType").StringValueOK()
		db, _ := ev.Lookup("ns", "db").StringValueOK()
		coll, _ := ev.Lookup("ns", "coll").StringValueOK()
		return &facts.ForeignWriteError{Cluster: c.Name(), At: lifecycle.OpTime{T: at, I: i}, Kind: what, Namespace: strings.TrimSuffix(db+"."+coll, ".")}
	})
}

// update changes the record and has the patience that its importance deserves.
func (s *Syncer) update(ctx context.Context, t *tenure, change func(*lifecycle.Record)) error {
	return mdb.Retry(ctx, "write the record", s.report, func(ctx context.Context) error { return t.store.Update(ctx, change) })
}

// nextCatalog is the catalog of the next epoch, and who judged so far, on the
// cluster that is still the source. After a restart in the middle of a reverse it is loaded again.
type nextCatalog struct {
	t       *tenure
	catalog *schema.Catalog
}

func (n *nextCatalog) epoch() int { return n.t.store.Record().Epoch + 1 }

func (n *nextCatalog) HandOver(ctx context.Context) (err error) {
	if err := meta.CopyReviews(ctx, n.t.to, n.t.from, n.t.store.Record().SyncID); err != nil {
		return err
	}
	n.catalog, err = n.t.catalog.HandOver(ctx, n.t.from, n.epoch())
	return err
}

func (n *nextCatalog) load(ctx context.Context) (err error) {
	if n.catalog == nil {
		n.catalog, err = schema.OpenCatalog(ctx, n.t.from, n.epoch())
	}
	return err
}

func (n *nextCatalog) Relax(ctx context.Context) error {
	if err := n.load(ctx); err != nil {
		return err
	}
	return n.catalog.Relax(ctx)
}

func (n *nextCatalog) Unrelax(ctx context.Context) error {
	if err := n.load(ctx); err != nil {
		return err
	}
	return n.catalog.Unrelax(ctx)
}
