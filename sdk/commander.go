package sdk

import (
	"context"
	"encoding/json"
)

// Commander sends commands to the two clusters of a sync. The engine hands one to whatever judges for it; modules
// never see it, they ask through a Host, which is cut to their rights.
type Commander interface {
	// RunCommand runs a command on the database of the cluster with the given role ("source" or "destination" of the
	// running direction). cmd is Extended JSON of either form, with the keys in order. The reply is the server's whole
	// reply as canonical Extended JSON. It returns when ctx ends. An error is a *StatusError without credentials:
	// InvalidArgument for what was not sent, FailedPrecondition for an answer with ok: 0, DeadlineExceeded when the
	// time was up, Unavailable when the cluster is away.
	RunCommand(ctx context.Context, cluster, database string, cmd json.RawMessage) (json.RawMessage, error)
}
