package rest

import (
	"time"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// progressReply is the reply of GET progress.
type progressReply struct {
	Progress progressJSON `json:"progress"`
	Success  bool         `json:"success"`
}

// progressJSON has mongosync's fields in the order of its documentation, then
// ours. A pointer that is nil is null: not known, or without meaning in this
// state. The fields of type optional are left out instead, as mongosync does.
type progressJSON struct {
	State                        lifecycle.State    `json:"state"`
	CanCommit                    bool               `json:"canCommit"`
	CanWrite                     *bool              `json:"canWrite"`
	Info                         *string            `json:"info"`
	LagTimeSeconds               *int64             `json:"lagTimeSeconds"`
	Lag                          *lagJSON           `json:"lag"`
	CEAStage                     *string            `json:"ceaStage"`
	TotalEventsApplied           *int64             `json:"totalEventsApplied"`
	CollectionCopy               *copyJSON          `json:"collectionCopy"`
	IndexBuilding                *indexJSON         `json:"indexBuilding"`
	DirectionMapping             *directionJSON     `json:"directionMapping"`
	Source                       *sideJSON          `json:"source"`
	Destination                  *sideJSON          `json:"destination"`
	EstimatedSecondsToCEACatchup optional[int64]    `json:"estimatedSecondsToCEACatchup,omitzero"`
	EstimatedOplogTimeRemaining  *string            `json:"estimatedOplogTimeRemaining"`
	Warnings                     optional[[]string] `json:"warnings,omitzero"`
	MongosyncID                  *string            `json:"mongosyncID"`
	CoordinatorID                *string            `json:"coordinatorID"`
	Verification                 *struct{}          `json:"verification"` // null: there is no embedded verifier

	Epoch                    *int           `json:"epoch"`
	Reversible               *bool          `json:"reversible"`
	CannotCommitReason       *string        `json:"cannotCommitReason"`
	Step                     *string        `json:"step"`
	LagMillis                *int64         `json:"lagMillis"`
	LastAppliedOpTime        *timestampJSON `json:"lastAppliedOpTime"`
	SourceOpTime             *timestampJSON `json:"sourceOpTime"`
	ReverseStartOpTime       *timestampJSON `json:"reverseStartOpTime"`
	ReverseWindowSecondsLeft *int64         `json:"reverseWindowSecondsLeft"`
	Checking                 []checkingJSON `json:"checking"`
	LastError                *failureJSON   `json:"lastError"`
}

// checkingJSON is a check or hook that is being asked, for a command or a dry run.
type checkingJSON struct {
	Module         string    `json:"module"`
	Component      string    `json:"component"`
	Kind           sdk.Kind  `json:"kind"`
	Phase          sdk.Phase `json:"phase"`
	DurationMillis int64     `json:"durationMillis"`
}

type lagJSON struct {
	OverallLagSeconds int64  `json:"overallLagSeconds"`
	CrudLagSeconds    *int64 `json:"crudLagSeconds"`
	DdlLagSeconds     *int64 `json:"ddlLagSeconds"`
}

type copyJSON struct {
	EstimatedTotalBytes  int64 `json:"estimatedTotalBytes"`
	EstimatedCopiedBytes int64 `json:"estimatedCopiedBytes"`
}

type indexJSON struct {
	IndexesBuilt        int `json:"indexesBuilt"`
	TotalIndexesToBuild int `json:"totalIndexesToBuild"`
	CollectionsFinished int `json:"collectionsFinished"`
	CollectionsTotal    int `json:"collectionsTotal"`
}

type directionJSON struct {
	Source      string `json:"Source"`
	Destination string `json:"Destination"`
}

type sideJSON struct {
	PingLatencyMs *int64 `json:"pingLatencyMs,omitempty"` // left out below 1 ms and before the first ping
}

// timestampJSON is a BSON timestamp in Extended JSON.
type timestampJSON struct {
	Timestamp struct {
		T uint32 `json:"t"`
		I uint32 `json:"i"`
	} `json:"$timestamp"`
}

type failureJSON struct {
	Message string    `json:"message"`
	Since   time.Time `json:"since"`
	Tries   int       `json:"tries"`
}

// progressOf is what one snapshot looks like from outside.
func progressOf(p core.Progress) progressJSON {
	out := progressJSON{State: p.State, CanCommit: p.CanCommit, Checking: checkingOf(p.Checking), LastError: lastError(p.LastError)}
	if p.State == lifecycle.Initializing || p.State == lifecycle.Idle {
		out.CanCommit = false
		out.EstimatedSecondsToCEACatchup, out.Warnings = null[int64](), null[[]string]()
		return out // nothing has begun: all other fields are null
	}
	out.setWork(p)
	out.setPlace(p)
	out.setOurs(p)
	return out
}

// setWork fills in what is being done and how far it has come.
func (out *progressJSON) setWork(p core.Progress) {
	out.CanWrite = &p.CanWrite
	out.Info = textOrNull(p.Info)
	out.CEAStage = textOrNull(p.CEAStage)
	out.TotalEventsApplied = &p.EventsTotal
	out.CollectionCopy = copyOf(p)
	if p.Indexes != nil {
		out.IndexBuilding = &indexJSON{p.Indexes.Built, p.Indexes.Total, p.Indexes.CollectionsFinished, p.Indexes.CollectionCount}
	}
	if p.LagMillis != nil && p.State != lifecycle.Paused {
		overall := *p.LagMillis / 1000
		out.LagMillis, out.LagTimeSeconds = p.LagMillis, &overall
		out.Lag = &lagJSON{OverallLagSeconds: overall, CrudLagSeconds: &overall, DdlLagSeconds: seconds(p.DDLLagMillis)}
	}
	if p.CatchupSeconds != nil {
		out.EstimatedSecondsToCEACatchup = value(*p.CatchupSeconds)
	}
}

// setPlace fills in who takes part and what threatens the sync.
func (out *progressJSON) setPlace(p core.Progress) {
	out.DirectionMapping = &directionJSON{
		Source:      clusterText(p.Mapping.Source, p.SourceHost),
		Destination: clusterText(p.Mapping.Destination, p.DestHost),
	}
	out.Source, out.Destination = &sideJSON{pingMs(p.SourcePing)}, &sideJSON{pingMs(p.DestPing)}
	if p.State == lifecycle.Running && !p.CanWrite {
		text := oplogText(p.OplogLeft)
		out.EstimatedOplogTimeRemaining = &text
	}
	if len(p.Warnings) > 0 {
		out.Warnings = value(p.Warnings)
	}
	out.MongosyncID, out.CoordinatorID = textOrNull(p.InstanceID), textOrNull(p.Coordinator)
}

// setOurs fills in the fields that mongosync does not have.
func (out *progressJSON) setOurs(p core.Progress) {
	out.Epoch, out.Reversible = &p.Epoch, &p.Reversible
	if !p.CanCommit {
		out.CannotCommitReason = textOrNull(p.CannotReason)
	}
	out.Step = textOrNull(p.Step)
	out.LastAppliedOpTime, out.SourceOpTime = timestamp(p.LastApplied), timestamp(p.SourceTime)
	out.ReverseStartOpTime = timestamp(p.ReversePoint)
	if p.ReverseWindow != nil {
		left := int64(p.ReverseWindow.Seconds())
		out.ReverseWindowSecondsLeft = &left
	}
}

// checkingOf is null when nothing is being asked.
func checkingOf(list []sdk.Running) (out []checkingJSON) {
	for _, r := range list {
		out = append(out, checkingJSON{r.Module, r.Component, r.Kind, r.Phase, time.Since(r.Since).Milliseconds()})
	}
	return out
}

// copyOf follows mongosync 1.21: the total is 1 before it is known, is raised to
// the bytes copied when these exceed it, and is never below them.
func copyOf(p core.Progress) *copyJSON {
	total := max(p.TotalBytes, p.CopiedBytes)
	if before := p.Info == string(lifecycle.JobSchema) || p.Info == string(lifecycle.JobPartition); before && total == 0 {
		total = 1
	}
	return &copyJSON{EstimatedTotalBytes: total, EstimatedCopiedBytes: p.CopiedBytes}
}

func lastError(f *lifecycle.Failure) *failureJSON {
	if f == nil {
		return nil
	}
	return &failureJSON{Message: f.Message, Since: f.Since.UTC(), Tries: f.Tries}
}

func timestamp(o lifecycle.OpTime) *timestampJSON {
	if o.IsZero() {
		return nil
	}
	var t timestampJSON
	t.Timestamp.T, t.Timestamp.I = o.T, o.I
	return &t
}
