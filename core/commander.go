package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// Commander sends commands to the two clusters for modules. Whether a command
// only reads, and who may send it, is for the caller to check: what hands a
// Commander's answers to modules has a read-only list (hostapi/guest).
type Commander interface {
	// RunCommand runs a command on the primary of the cluster with the given role,
	// sdk.RoleSource or sdk.RoleDestination of the running direction. cmd is Extended
	// JSON of either form, its first key the command's name; the order of keys is
	// kept. It is given mdb.CommandTimeout at most; a maxTimeMS in it or the deadline
	// of ctx can make that less. The reply is the server's whole reply as canonical
	// Extended JSON.
	//
	// Every error is a *sdk.StatusError without credentials: InvalidArgument for what
	// was not sent, FailedPrecondition for an answer with ok: 0, DeadlineExceeded when
	// the time was up here or on the server, Unavailable when the cluster is away or
	// has no primary.
	RunCommand(ctx context.Context, cluster, database string, cmd json.RawMessage) (json.RawMessage, error)
}

// NewCommander sends commands through two connected clusters, which stay the
// caller's to close; commands for one that is nil are Unavailable.
func NewCommander(source, destination *mdb.Cluster) Commander {
	return ends{sdk.RoleSource: source, sdk.RoleDestination: destination}
}

type ends map[sdk.Role]*mdb.Cluster

// RunCommand implements Commander.
func (e ends) RunCommand(ctx context.Context, cluster, database string, cmd json.RawMessage) (json.RawMessage, error) {
	target, known := e[sdk.Role(cluster)]
	switch {
	case !known:
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "cluster is %q; use %q or %q", cluster, sdk.RoleSource, sdk.RoleDestination)
	case target == nil:
		return nil, sdk.Statusf(sdk.CodeUnavailable, "the %s is not connected", cluster)
	case database == "":
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "a command needs a database; use \"admin\" for those about the server")
	}
	doc, patience, err := decodeCommand(cmd)
	if err != nil {
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "%v", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %s", patience))
	defer cancel()
	return send(ctx, target, database, doc)
}

// decodeCommand reads a command and takes maxTimeMS out of it: the driver makes
// its own from the deadline, and the server refuses a command with two.
func decodeCommand(cmd json.RawMessage) (bson.D, time.Duration, error) {
	if text := bytes.TrimSpace(cmd); !json.Valid(text) || text[0] != '{' {
		return nil, 0, errors.New("the command is not a JSON document")
	}
	var doc bson.D
	if err := bson.UnmarshalExtJSON(cmd, false, &doc); err != nil {
		return nil, 0, fmt.Errorf("the command is not Extended JSON: %w", err)
	}
	patience := mdb.CommandTimeout
	at := slices.IndexFunc(doc, func(e bson.E) bool { return e.Key == "maxTimeMS" })
	if at > 0 {
		var err error
		if patience, err = patienceOf(doc[at].Value); err != nil {
			return nil, 0, err
		}
		doc = slices.Delete(doc, at, at+1)
	}
	if len(doc) == 0 {
		return nil, 0, errors.New("the command is empty; its first key is the command's name")
	}
	return doc, patience, nil
}

// patienceOf reads a maxTimeMS, of which 0 means, as on the server, no limit.
func patienceOf(maxTimeMillis any) (time.Duration, error) {
	var millis int64
	switch n := maxTimeMillis.(type) {
	case int32:
		millis = int64(n)
	case int64:
		millis = n
	default:
		return 0, fmt.Errorf("maxTimeMS is %v; it must be a whole number", maxTimeMillis)
	}
	limit := mdb.CommandTimeout.Milliseconds()
	switch {
	case millis < 0:
		return 0, fmt.Errorf("maxTimeMS is %d; it cannot be negative", millis)
	case millis == 0 || millis > limit:
		millis = limit
	}
	return time.Duration(millis) * time.Millisecond, nil
}

func send(ctx context.Context, target *mdb.Cluster, database string, doc bson.D) (json.RawMessage, error) {
	reply, err := target.Run(ctx, database, doc)
	if err != nil {
		return nil, commandStatus(ctx, err)
	}
	text, err := bson.MarshalExtJSON(reply, true, false)
	if err != nil {
		return nil, sdk.Statusf(sdk.CodeInternal, "the reply of %s cannot be written as Extended JSON: %v", target.Name(), err)
	}
	return text, nil
}

func commandStatus(ctx context.Context, err error) error {
	code := sdk.CodeUnavailable
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		code = sdk.CodeDeadlineExceeded
	case mdb.HasCode(err, mdb.CodeMaxTimeExpired):
		code = sdk.CodeDeadlineExceeded
	case mdb.Answered(err) && mdb.ClassOf(err) != mdb.Transient:
		code = sdk.CodeFailedPrecondition
	}
	return &sdk.StatusError{Code: code, Message: mdb.ErrorText(err)}
}
