package mdb

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// AppName is the application name of every connection of the engine, so that
// a server's logs, currentOp and fail points can tell it from other clients.
const AppName = "revsync"

// CommandTimeout bounds a command whose context has no deadline of its own.
const CommandTimeout = 30 * time.Second

// Cluster is a connected cluster. It is safe for concurrent use; the caller
// that made it closes it.
type Cluster struct {
	name   string
	client *mongo.Client
	opts   *options.ClientOptions
	open   unanswered
	guard  atomic.Pointer[func() error]
}

// Connect prepares a connection to the cluster that uri names; name is how
// errors call it. No server is contacted yet: the first command does that. A
// uri with another read or write concern than majority or another read
// preference than primary is refused.
func Connect(name, uri string) (*Cluster, error) {
	opts := options.Client().ApplyURI(uri)
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("%s: the connection string cannot be used: %s", name, withoutCredentials(err.Error()))
	}
	if err := checkConcerns(opts); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	opts.SetAppName(AppName).
		SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()).
		SetRetryReads(false).SetRetryWrites(false). // the engine's own retries see and report each failure
		SetServerSelectionTimeout(5 * time.Second).SetConnectTimeout(10 * time.Second).
		SetHeartbeatInterval(2 * time.Second).SetDialer(newDialer())
	return dial(name, opts)
}

func dial(name string, opts *options.ClientOptions) (*Cluster, error) {
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, fmt.Errorf("%s: connect: %s", name, withoutCredentials(err.Error()))
	}
	return &Cluster{name: name, client: client, opts: opts}, nil
}

func checkConcerns(o *options.ClientOptions) error {
	switch {
	case o.ReadConcern != nil && o.ReadConcern.Level != "majority":
		//lint:ignore ST1005 the text that runbooks look for
		return errors.New("Invalid URI option, read concern must be majority")
	case o.WriteConcern != nil && o.WriteConcern.W != "majority":
		//lint:ignore ST1005 the text that runbooks look for
		return errors.New("Invalid URI option, write concern must be majority")
	case o.ReadPreference != nil && o.ReadPreference.Mode() != readpref.PrimaryMode:
		return errors.New("the connection string sets a read preference; only primary can be used, leave it out")
	}
	return nil
}

var userInfo = regexp.MustCompile(`//[^/@\s]*@`)

// withoutCredentials cuts the user info out of anything that looks like a URI.
func withoutCredentials(text string) string { return userInfo.ReplaceAllString(text, "//***@") }

// Name is how messages call this cluster.
func (c *Cluster) Name() string { return c.name }

// Close ends all connections; for a server that does not answer it waits a second.
func (c *Cluster) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.client.Disconnect(ctx) // nothing can be done about a failure, and nothing depends on it
}

// Run sends a command to the primary and answers the raw reply, which the
// caller may keep. cmd is a bson.D or a complete bson.Raw. Write errors inside
// the reply of a write command are not errors of Run: see Insert and friends.
func (c *Cluster) Run(ctx context.Context, db string, cmd any) (bson.Raw, error) {
	ctx, cancel := bounded(ctx, CommandTimeout)
	defer cancel()
	return c.run(ctx, db, cmd)
}

func (c *Cluster) run(ctx context.Context, db string, cmd any) (bson.Raw, error) {
	if setsOwnLimit(cmd) {
		return c.runUndated(ctx, db, cmd)
	}
	return c.send(ctx, db, cmd)
}

func (c *Cluster) send(ctx context.Context, db string, cmd any) (bson.Raw, error) {
	reply, err := c.client.Database(db).RunCommand(ctx, cmd).Raw()
	if written, ok := errors.AsType[mongo.WriteException](err); ok {
		return written.Raw, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return reply, nil
}

func bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d)
}
