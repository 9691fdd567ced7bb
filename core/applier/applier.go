package applier

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// ErrAbandoned, as the cause of the context of Run, means that another process may
// own the sync by now: Run stops at once and writes nothing more, not even the
// position. Commands that the destination has received may still be carried out.
// As the error of Checkpoint it does the same.
var ErrAbandoned = errors.New("the sync belongs to somebody else now: stopped at once")

// Catalog is what the applier needs to know and change about collections;
// *schema.Catalog is one. Every change is idempotent: after a crash the last
// one is asked for again. BySource is called by several goroutines.
type Catalog interface {
	BySource(u schema.UUID) (schema.Collection, bool)
	CreateCollection(ctx context.Context, source schema.UUID, ns mdb.Namespace, options bson.Raw) error
	DropCollection(ctx context.Context, source schema.UUID) error
	RenameCollection(ctx context.Context, source schema.UUID, to mdb.Namespace, dropTarget schema.UUID) error
	DropDatabase(ctx context.Context, db string) error
	CreateIndexes(ctx context.Context, source schema.UUID, specs []bson.Raw) error
	DropIndexes(ctx context.Context, source schema.UUID, names []string) error
	Modify(ctx context.Context, source schema.UUID, description bson.Raw) error
	CreateView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error
	DropView(ctx context.Context, ns mdb.Namespace) error
	ModifyView(ctx context.Context, ns mdb.Namespace, options bson.Raw) error
}

// Config says what to replay, from where, and who is told.
type Config struct {
	From, To *mdb.Cluster
	Catalog  Catalog
	// Start is where to begin: with a token after it, else at its time, inclusive.
	Start lifecycle.Position
	// SchemaTime is the time of the schema that the catalog was filled from:
	// schema events up to it are part of it, and events of collections that it
	// does not know belong to ones dropped before it.
	SchemaTime lifecycle.OpTime
	// Keep tells which user namespaces take part; nil means all of them.
	Keep func(mdb.Namespace) bool
	// Workers is how many goroutines write; 2 when 0.
	Workers int
	// Report is told of each failure that is being waited out; may be nil.
	Report mdb.Report
	// Checkpoint stores the position durably, acknowledged by a majority. It is
	// never called concurrently, and never with an earlier position than before.
	Checkpoint func(ctx context.Context, p lifecycle.Position) error
	// CheckpointEvery is the pause between two checkpoints; one second when 0.
	CheckpointEvery time.Duration
}

func (c Config) withDefaults() Config {
	keep := c.Keep
	c.Keep = func(ns mdb.Namespace) bool { return ns.User() && (keep == nil || keep(ns)) }
	if c.Workers <= 0 {
		c.Workers = defaultWorkers
	}
	if c.Report == nil {
		c.Report = mdb.Quiet
	}
	if c.CheckpointEvery <= 0 {
		c.CheckpointEvery = time.Second
	}
	return c
}

// Applier replays one source's events on one destination. Make it with New and
// call Run once; the other methods may be called from any goroutine at any time.
type Applier struct {
	cfg    Config
	stop   *stopSign
	marks  *watermark
	counts counters
}

// counters are written by the run and read by Status.
type counters struct {
	events, unmatched, repaired atomic.Int64
	ddl                         atomic.Pointer[lifecycle.OpTime]
	atEnd                       atomic.Bool
}

// New prepares an applier; nothing is contacted yet.
func New(cfg Config) *Applier {
	cfg = cfg.withDefaults()
	return &Applier{cfg: cfg, stop: newStopSign(), marks: newWatermark(cfg.Start, openBytes)}
}

// Status is one look at a running applier.
type Status struct {
	Position   lifecycle.Position // what the next checkpoint will store
	Applied    lifecycle.OpTime   // the time of Position: everything before it is acknowledged by a majority
	Events     int64              // change events applied by this applier
	DDLApplied lifecycle.OpTime   // the last schema event applied; zero before the first
	// QueuedEvents and QueuedBytes were read from the stream and are not below
	// the low watermark yet.
	QueuedEvents, QueuedBytes int64
	// CaughtUp says that the newest reply reached the end of the source's oplog
	// and that everything in the replies before it is applied.
	CaughtUp bool
	// Unmatched counts deltas whose document was not on the destination. While
	// the history of the copy is replayed that is normal (the document is
	// deleted later on), afterwards it is a reason to compare both sides.
	Unmatched int64
	// Repaired counts documents that were read from the source because a delta
	// could not be applied, or because the change did not fit into an event.
	Repaired int64
}

// Status answers at once, before, during and after Run.
func (a *Applier) Status() Status {
	s := Status{
		Events: a.counts.events.Load(), Unmatched: a.counts.unmatched.Load(), Repaired: a.counts.repaired.Load(),
	}
	var replies int
	s.Position, replies, s.QueuedEvents, s.QueuedBytes = a.marks.look()
	s.Applied = s.Position.Time
	if t := a.counts.ddl.Load(); t != nil {
		s.DDLApplied = *t
	}
	s.CaughtUp = a.counts.atEnd.Load() && replies <= 1
	return s
}

// StopAt makes Run end with nil once every event up to and including time t is
// applied, acknowledged by a majority and checkpointed; later events are not
// applied. Fence the source before taking t: when events later than t were
// given out before this call, Run ends behind the newest of them instead,
// never in the middle of a transaction. Only the first call counts.
func (a *Applier) StopAt(t lifecycle.OpTime) { a.stop.ask(t) }
