package lifecycle

import (
	"errors"
	"fmt"
	"time"
)

// RecordFormat is the version of the record this engine reads and writes. A
// record of another format is refused, never guessed at.
const RecordFormat = 1

// Record is the persisted truth about a sync: one document in revsync_internal
// on the destination of the running direction. Lists that grow (collections,
// ranges, original index options) have collections of their own, keyed by epoch.
type Record struct {
	Format   int    `bson:"format"`
	SyncID   string `bson:"syncId"`
	Epoch    int    `bson:"epoch"`
	Revision int64  `bson:"revision"`
	Writer   string `bson:"writer"` // the life of the process that wrote this revision

	Mapping  Mapping           `bson:"mapping"`
	Clusters map[string]string `bson:"clusters"` // ClusterID to the server's own id of that cluster
	State    State             `bson:"state"`
	Step     int               `bson:"step"` // index into the plan of State: the step to do next
	Undo     bool              `bson:"undo"` // the plan is being undone, from Step downwards
	Options  Options           `bson:"options"`
	Copy     CopyFacts         `bson:"copy"`

	Position     Position `bson:"position"`     // change events before it are applied and acknowledged by a majority
	SchemaTime   OpTime   `bson:"schemaTime"`   // DDL up to it is already part of the copied schema
	CommitTime   OpTime   `bson:"commitTime"`   // last cluster time of the source that belongs to this epoch
	ReversePoint Position `bson:"reversePoint"` // on the destination, taken while it was still fenced
	CleanSince   OpTime   `bson:"cleanSince"`   // the old source was last proven untouched up to here

	// Accepted holds the findings that operators have accepted, oldest first, at most MaxAccepted.
	Accepted []Acceptance `bson:"accepted,omitempty"`

	Notice Trigger `bson:"notice,omitempty"` // this command was carried out, and the hooks after it have not been run yet

	StartedAt time.Time `bson:"startedAt"`
	UpdatedAt time.Time `bson:"updatedAt"`
	LastError *Failure  `bson:"lastError,omitempty"`
}

// CopyFacts say how far the initial sync has come; what to do next is derived
// from them (NextJob), never stored.
type CopyFacts struct {
	CollectionsCreated bool  `bson:"collectionsCreated"`
	Partitioned        bool  `bson:"partitioned"`
	DocumentsCopied    bool  `bson:"documentsCopied"`
	IndexesBuilt       bool  `bson:"indexesBuilt"`
	TotalBytes         int64 `bson:"totalBytes"`
	CopiedBytes        int64 `bson:"copiedBytes"` // known once the documents are copied
}

// Failure is the last error that stopped or slowed the sync.
type Failure struct {
	Message string    `bson:"message"`
	Since   time.Time `bson:"since"`
	Tries   int       `bson:"tries"`
	Fatal   bool      `bson:"fatal,omitempty"` // it ended the process; cleared once the work moves again
}

// Job is the work that the engine does in a state.
type Job string

// The jobs, in the order an initial sync meets them.
const (
	JobNone        Job = ""
	JobSchema      Job = "initializing collections and indexes"
	JobPartition   Job = "initializing partitions"
	JobCopy        Job = "collection copy"
	JobApply       Job = "change event application"
	JobCommitPlan  Job = "waiting for commit to complete"
	JobReversePlan Job = "reversing"
)

// NextJob derives from the record alone what is to be done now; a restart is
// nothing but asking again.
func (r *Record) NextJob() Job {
	switch r.State {
	case Committing:
		return JobCommitPlan
	case Reversing:
		return JobReversePlan
	case Running:
		return r.Copy.nextJob()
	}
	return JobNone
}

func (c CopyFacts) nextJob() Job {
	switch {
	case !c.CollectionsCreated:
		return JobSchema
	case !c.Partitioned:
		return JobPartition
	case !c.DocumentsCopied || !c.IndexesBuilt:
		return JobCopy
	}
	return JobApply
}

// CanWrite reports whether users may write to the destination: from the moment
// a commit has opened it until the direction is reversed.
func (r *Record) CanWrite() bool {
	switch r.State {
	case Committing:
		return !r.Undo && r.Step > CommitPlan.NoReturn
	case Committed:
		return true
	case Reversing: // past the switch the mapping is the new one, whose destination is closed
		return r.Step < ReversePlan.NoReturn
	}
	return false
}

// Moved forgets the error that ended an earlier life, now that the work that had
// failed has got on.
func (r *Record) Moved() {
	if r.LastError != nil && r.LastError.Fatal {
		r.LastError = nil
	}
}

// Validate refuses a record that no version of this engine can have written.
func (r *Record) Validate() error {
	if r.Format != RecordFormat {
		return fmt.Errorf("the record has format %d, this engine reads format %d: use the revsync version that wrote it", r.Format, RecordFormat)
	}
	if err := r.Mapping.Validate(); err != nil {
		return fmt.Errorf("the record's mapping: %w", err)
	}
	return errors.Join(r.checkIdentity(), r.checkState())
}

func (r *Record) checkIdentity() error {
	switch {
	case r.SyncID == "":
		return errors.New("the record has no sync id")
	case r.Epoch < 0 || r.Revision < 0:
		return fmt.Errorf("the record has epoch %d and revision %d; neither can be negative", r.Epoch, r.Revision)
	case r.Clusters[string(Cluster0)] == "" || r.Clusters[string(Cluster1)] == "":
		return errors.New("the record does not name both clusters")
	}
	return errors.Join(r.Options.Validate(), r.checkAccepted())
}

func (r *Record) checkState() error {
	switch r.State {
	case Running, Paused, Committed:
		if r.Step != 0 || r.Undo {
			return fmt.Errorf("the record is in state %s with step %d, undo %v; only a plan has steps", r.State, r.Step, r.Undo)
		}
	case Committing, Reversing:
		plan, _ := PlanOf(r.State)
		if r.Step < 0 || r.Step > len(plan.Steps) || r.Undo && r.Step >= plan.NoReturn {
			return fmt.Errorf("the record is in state %s at step %d (undo %v), which the plan of %d steps does not have", r.State, r.Step, r.Undo, len(plan.Steps))
		}
	default:
		return fmt.Errorf("the record has state %q, which is never stored", r.State)
	}
	if r.State == Committed && r.Options.Reversible && r.ReversePoint.IsZero() {
		return errors.New("the record is committed and reversible but holds no reverse start point")
	}
	return nil
}
