package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// Commander sends commands to the two clusters for modules. Whether a command
// only reads, and who may send it, is for the caller to check: what hands a
// Commander's answers to modules has a read-only list (hostapi/guest).
type Commander = sdk.Commander

// NewCommander sends commands through two connected clusters, which stay the
// caller's to close; commands for one that is nil are Unavailable.
func NewCommander(source, destination *mdb.Cluster) Commander {
	return commander{source: source, destination: destination}
}

type commander struct{ source, destination *mdb.Cluster }

// RunCommand implements Commander.
func (c commander) RunCommand(ctx context.Context, cluster, database string, cmd json.RawMessage) (json.RawMessage, error) {
	target, err := c.target(sdk.Role(cluster))
	if err != nil {
		return nil, err
	}
	return c.answer(ctx, target.Name(), database, cmd, target.Run)
}

// answer sends the command with run and writes the reply; name is how errors call the cluster.
func (commander) answer(ctx context.Context, name, database string, cmd json.RawMessage, run runFunc) (json.RawMessage, error) {
	doc, err := decodeCommand(database, cmd)
	if err != nil {
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "%v", err)
	}
	reply, err := run(ctx, database, doc)
	if err != nil {
		return nil, commandStatus(ctx, err)
	}
	text, err := bson.MarshalExtJSON(reply, true, false)
	if err != nil {
		return nil, sdk.Statusf(sdk.CodeInternal, "the reply of %s cannot be written as Extended JSON: %v", name, err)
	}
	return text, nil
}

func (c commander) target(cluster sdk.Role) (*mdb.Cluster, error) {
	ends := map[sdk.Role]*mdb.Cluster{sdk.RoleSource: c.source, sdk.RoleDestination: c.destination}
	switch target, known := ends[cluster]; {
	case !known:
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "cluster is %q; use %q or %q", cluster, sdk.RoleSource, sdk.RoleDestination)
	case target == nil:
		return nil, sdk.Statusf(sdk.CodeUnavailable, "the %s is not connected", cluster)
	default:
		return target, nil
	}
}

func decodeCommand(database string, cmd json.RawMessage) (bson.D, error) {
	if database == "" {
		return nil, errors.New(`a command needs a database; use "admin" for those about the server`)
	}
	if text := bytes.TrimSpace(cmd); !json.Valid(text) || text[0] != '{' {
		return nil, errors.New("the command is not a JSON document")
	}
	var doc bson.D
	if err := bson.UnmarshalExtJSON(cmd, false, &doc); err != nil {
		return nil, fmt.Errorf("the command is not Extended JSON: %w", err)
	}
	if len(doc) == 0 {
		return nil, errors.New("the command is empty; its first key is the command's name")
	}
	return doc, nil
}

func commandStatus(ctx context.Context, err error) error {
	code := sdk.CodeUnavailable
	switch {
	case ctx.Err() != nil, mdb.TimedOut(err):
		code = sdk.CodeDeadlineExceeded
	case mdb.Answered(err) && mdb.ClassOf(err) != mdb.Transient:
		code = sdk.CodeFailedPrecondition
	}
	return &sdk.StatusError{Code: code, Message: mdb.ErrorText(err)}
}
