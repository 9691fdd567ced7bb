package core

import (
	"time"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// Progress is one snapshot of a sync. It is a value: it does not change after
// it was handed out. A nil pointer means "not known" or "does not apply now".
type Progress struct {
	State lifecycle.State
	Epoch int // number of reversals so far

	CanCommit    bool
	CannotReason string // why CanCommit is false; empty when it is true
	CanWrite     bool   // users may write to the destination
	Reversible   bool

	Info     string // what is being done now: a phase of the initial sync, change event application, a step of a plan
	Step     string // the step of the running commit or reverse plan, empty outside a plan
	CEAStage string // "collection copy drain" or "steady state", empty outside change event application

	Mapping     lifecycle.Mapping
	SourceHost  string // host:port of the source's primary or seed
	DestHost    string
	SourcePing  *time.Duration // negative when the last ping failed
	DestPing    *time.Duration
	InstanceID  string // --id, or "coordinator"
	Coordinator string

	LagMillis    *int64 // nil in IDLE and PAUSED, and until the source's clock was read
	DDLLagMillis *int64 // nil until a DDL event was applied
	EventsTotal  int64  // change events applied by this process

	LastApplied lifecycle.OpTime // zero when not known
	SourceTime  lifecycle.OpTime // newest majority-committed operation of the source, zero when not known

	CopiedBytes, TotalBytes int64
	Indexes                 *IndexProgress // nil outside an index build

	CatchupSeconds *int64         // estimate from the recent fall of the lag
	OplogLeft      *time.Duration // from the oldest entry of the source's oplog to the oldest one still needed
	ReversePoint   lifecycle.OpTime
	ReverseWindow  *time.Duration // how long the destination's oplog still reaches the reverse start point

	// Checking lists the checks and hooks that are being evaluated, for a command or
	// a dry run, the longest first.
	Checking []sdk.Running

	Warnings  []string
	LastError *lifecycle.Failure
}

// IndexProgress counts the index builds that follow a collection copy.
type IndexProgress struct {
	Built, Total                         int
	CollectionsFinished, CollectionCount int
}
