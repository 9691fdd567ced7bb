//go:build unix

package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/judge"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// world is two real clusters, the binary that syncs them, and the traffic of
// plain users on the side that is open.
type world struct {
	t       *testing.T
	path    string
	sides   [2]*mongotest.ReplicaSet
	clients map[string]*mongo.Client
	server  *server // launched last
	traffic *workload.Run
	plugins string // the server's plugin folder, if any
	open    int    // the side that users write to
}

func newWorld(t *testing.T, b *binary) *world {
	t.Helper()
	w := &world{t: t, path: b.path(t), clients: map[string]*mongo.Client{}}
	w.sides[0], w.sides[1] = mongotest.Pair(t, mongotest.Options{})
	return w
}

// client is a connection that lasts as long as the world.
func (w *world) client(side int, user mongotest.User) *mongo.Client {
	w.t.Helper()
	key := fmt.Sprint(side, user)
	if w.clients[key] == nil {
		w.clients[key] = w.sides[side].Client(w.t, user)
	}
	return w.clients[key]
}

// arguments are the command line of a server for this world.
func (w *world) arguments() []string {
	list := []string{"serve", "--port", "0", "--verbosity", "INFO", "--cluster0", w.sides[0].URI(mongotest.Sync), "--cluster1", w.sides[1].URI(mongotest.Sync)}
	if w.plugins != "" {
		list = append(list, "--pluginDir", w.plugins)
	}
	return list
}

// launch starts a server; environ can hold where it is to crash.
func (w *world) launch(environ ...string) *server {
	w.t.Helper()
	w.server = launch(w.t, w.path, environ, w.arguments()...)
	return w.server
}

const startBody = `{"source":"cluster0","destination":"cluster1","reversible":true}`

// command runs an administrator's command on one side.
func (w *world) command(side int, pairs ...any) bson.Raw {
	w.t.Helper()
	raw, err := w.client(side, mongotest.Root).Database("admin").RunCommand(w.t.Context(), d(pairs...)).Raw()
	require.NoError(w.t, err)
	return raw
}

// define runs a command of a user who may change collections.
func (w *world) define(side int, database string, pairs ...any) {
	w.t.Helper()
	require.NoError(w.t, w.client(side, mongotest.DDL).Database(database).RunCommand(w.t.Context(), d(pairs...)).Err())
}

// insert writes documents as a plain user.
func (w *world) insert(side int, database, collection string, docs ...any) {
	w.t.Helper()
	_, err := w.client(side, mongotest.App).Database(database).Collection(collection).InsertMany(w.t.Context(), docs)
	require.NoError(w.t, err)
}

// startTraffic sets plain users to work on the open side.
func (w *world) startTraffic(o workload.Options) {
	w.t.Helper()
	o.Client, o.DDLClient = w.traffickers(w.open)
	var err error
	w.traffic, err = workload.Start(w.t.Context(), o)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { w.traffic.Stop() })
}

// light is the traffic of the crash tests: enough that something is always
// under way.
var light = workload.Options{Seed: 1, Rate: 8, Clients: 1, Kinds: []workload.Kind{
	workload.Append, workload.Transfer, workload.Documents, workload.Toggle, workload.Handover, workload.Capped}}

// traffickers are the users of the traffic on a side.
func (w *world) traffickers(side int) (app, ddl *mongo.Client) {
	return w.client(side, mongotest.App), w.client(side, mongotest.DDL)
}

func (w *world) soon() context.Context {
	ctx, cancel := context.WithTimeoutCause(w.t.Context(), patience, fmt.Errorf("it took longer than %s", patience))
	w.t.Cleanup(cancel)
	return ctx
}

// busy lets every client of the traffic get something done.
func (w *world) busy() {
	w.t.Helper()
	require.NoError(w.t, w.traffic.WaitWrites(w.soon(), 3))
}

// crossed is called at COMMITTED: the side that was open refuses everybody, both
// sides are equal and hold every acknowledged write, and the users move over.
func (w *world) crossed() {
	w.t.Helper()
	require.NoError(w.t, w.traffic.WaitClosed(w.soon()))
	w.equal()
	for side := range w.sides {
		require.NoError(w.t, w.traffic.Verify(w.soon(), w.client(side, mongotest.Root)), "acknowledged writes on cluster%d", side)
	}
	w.refuses(w.open)
	w.open = 1 - w.open
	w.traffic.Switch(w.traffickers(w.open))
	w.busy()
}

// equal compares both clusters by a scan that shares no code with the engine.
func (w *world) equal() {
	w.t.Helper()
	diff, err := judge.Compare(w.soon(), w.client(0, mongotest.Root), w.client(1, mongotest.Root))
	require.NoError(w.t, err)
	require.NoError(w.t, diff.Err())
}

// refuses proves that a plain user cannot write to a side.
func (w *world) refuses(side int) {
	w.t.Helper()
	require.NoError(w.t, workload.MustRefuse(w.soon(), w.client(side, mongotest.App)), "cluster%d", side)
}

// canCommit waits until a commit would be accepted.
func (w *world) canCommit() progress {
	w.t.Helper()
	return w.server.until("canCommit", patience, func(p progress) bool { return p.CanCommit })
}

// reversed waits until the sync runs in an epoch.
func (w *world) reversed(epoch int) progress {
	w.t.Helper()
	return w.server.until(fmt.Sprintf("RUNNING in epoch %d", epoch), patience, func(p progress) bool { return p.State == "RUNNING" && p.epoch() == epoch })
}

// resumed waits until a server that was launched on a sync under way has taken
// it up by itself, which has 15 seconds: its state is the sync's. Then something
// has to move, unless it has reached a state in which nothing is to.
func (w *world) resumed() {
	w.t.Helper()
	left := 15*time.Second - time.Since(w.server.began)
	first := w.server.until("the sync to be taken up", left, func(p progress) bool { return p.State != "INITIALIZING" })
	require.NotEqual(w.t, "IDLE", first.State)
	if undone := strings.Contains(first.lastError(), "was undone"); undone || first.State == "COMMITTED" {
		return // the users wait to be told where to go, or nothing is copied
	}
	w.server.until("the work to move", patience, func(p progress) bool {
		return p.State != first.State || p.info() != first.info() || p.copied() > first.copied() ||
			p.LastAppliedOpTime.number() > first.LastAppliedOpTime.number()
	})
}

// d makes a document of keys and values.
func d(pairs ...any) bson.D {
	doc := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		doc = append(doc, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return doc
}
