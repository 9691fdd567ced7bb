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

// SessionCommander is a Commander that can keep commands in one server session. A server takes the getMore of a cursor
// only from the session in which the cursor was opened; through a plain Commander, which sends each command in any
// session, a cursor may be refused from its second batch on.
type SessionCommander interface {
	Commander
	// OpenSession returns a Commander for commands to the given cluster, one at a time, all in one session, and what ends
	// that session. Call end when every cursor is closed or given up; it waits a second at most for a server that does not
	// answer, and does not depend on ctx.
	OpenSession(ctx context.Context, cluster string) (session Commander, end func(), err error)
}
