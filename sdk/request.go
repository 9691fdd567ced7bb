package sdk

import (
	"encoding/json"
	"time"
)

// Request is what a component is asked. It holds no connection string and no credential.
type Request struct {
	APIVersion string `json:"apiVersion"`
	// EvaluationID is the same for all components of one review and appears in its report and in the logs.
	EvaluationID string  `json:"evaluationId"`
	Component    string  `json:"component"`
	Phase        Phase   `json:"phase"`
	Trigger      Trigger `json:"trigger"`
	// DryRun is true when the trigger will not be carried out whatever the answer.
	DryRun bool `json:"dryRun"`
	// Now is the engine's clock. A WASM module has no clock of its own: take the time from here.
	Now time.Time `json:"now"`
	// Deadline is when the engine stops waiting for the answer.
	Deadline time.Time `json:"deadline"`
	// IdempotencyKey is set for hooks: the same for every call about one phase of one epoch of one sync.
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
	// Config is the operator's configuration of this component, valid against its schema; null when there is none.
	Config json.RawMessage `json:"config,omitempty"`
	Sync   Sync            `json:"sync"`
	// Facts holds the families that the component asked for; all others are unknown.
	Facts Facts `json:"facts"`
	// Accept names the findings that the operator accepts for this request, as ReportedFinding.Name does. It is for
	// whoever reviews the request and is not sent to components: a check says what it finds, accepted or not.
	Accept []string `json:"-"`
}

// Sync identifies the sync and the state it is in.
type Sync struct {
	ID string `json:"id"`
	// State is the API's word: IDLE, RUNNING, PAUSED, COMMITTING, COMMITTED, REVERSING.
	State string `json:"state"`
	// Epoch counts the reversals so far.
	Epoch int `json:"epoch"`
	// Direction is that of the running epoch: forward copies cluster0 to cluster1, backward the other way.
	Direction   Direction `json:"direction"`
	Source      Cluster   `json:"source"`
	Destination Cluster   `json:"destination"`
}

// Direction says which cluster is the source.
type Direction string

// The directions.
const (
	DirectionForward  Direction = "forward"
	DirectionBackward Direction = "backward"
)

// Cluster is the short description of one side; details are in the facts.
type Cluster struct {
	// Name is cluster0 or cluster1, and stays with the cluster through every reversal.
	Name string `json:"name"`
	// Version is the server version as buildInfo gives it, "" when unknown.
	Version string `json:"version,omitempty"`
	// Topology is replicaSet, sharded or standalone, "" when unknown.
	Topology TopologyKind `json:"topology,omitempty"`
}

// Cluster returns the side with the given role; for anything but RoleSource it is the destination.
func (s Sync) Cluster(r Role) Cluster {
	if r == RoleSource {
		return s.Source
	}
	return s.Destination
}

// FutureDestination is the role, before the trigger, of the cluster that the engine will write to once the trigger
// has been carried out: the source for a reverse, the destination for a start or a commit.
func (r *Request) FutureDestination() Role {
	if r.Trigger == TriggerReverse {
		return RoleSource
	}
	return RoleDestination
}

// DecodeConfig decodes the operator's configuration into v and leaves v alone when there is none.
func (r *Request) DecodeConfig(v any) error {
	if len(r.Config) == 0 || string(r.Config) == "null" {
		return nil
	}
	return json.Unmarshal(r.Config, v)
}
