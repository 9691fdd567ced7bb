package core

import (
	"context"
	"encoding/json"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

var _ sdk.SessionCommander = commander{}

// OpenSession implements sdk.SessionCommander.
func (c commander) OpenSession(ctx context.Context, cluster string) (Commander, func(), error) {
	target, err := c.target(sdk.Role(cluster))
	if err != nil {
		return nil, nil, err
	}
	session, err := target.OpenSession()
	if err != nil {
		return nil, nil, commandStatus(ctx, err)
	}
	return sessionCommander{commander: c, cluster: cluster, session: session}, func() { session.End(ctx) }, nil
}

// sessionCommander keeps the commands to one cluster in one session.
type sessionCommander struct {
	commander
	cluster string
	session *mdb.Session
}

// RunCommand implements Commander.
func (c sessionCommander) RunCommand(ctx context.Context, cluster, database string, cmd json.RawMessage) (json.RawMessage, error) {
	if cluster != c.cluster {
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "the session is one of the %s, the command is for %q", c.cluster, cluster)
	}
	return c.answer(ctx, cluster, database, cmd, c.session.Run)
}

// runFunc sends a command, as mdb.Cluster.Run does.
type runFunc func(ctx context.Context, db string, cmd any) (bson.Raw, error)
