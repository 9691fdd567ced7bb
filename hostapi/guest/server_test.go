package guest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// number of documents in app.c, and of those in one batch of it
const stored, perBatch = 35, 10

// bench is a server with documents, a user of the engine's and root.
type bench struct {
	commander core.Commander
	root      *mongo.Client
}

func newBench(t *testing.T) bench {
	rs := mongotest.New(t, mongotest.Options{})
	cluster, err := mdb.Connect("cluster0", rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	var docs []any
	for i := range stored {
		docs = append(docs, bson.D{{Key: "_id", Value: i}, {Key: "big", Value: int64(i) << 40}})
	}
	b := bench{core.NewCommander(cluster, nil), rs.Client(t, mongotest.Root)}
	app := rs.Client(t, mongotest.App).Database("app")
	_, err = app.Collection("c").InsertMany(t.Context(), docs)
	require.NoError(t, err)
	require.NoError(t, app.CreateView(t.Context(), "v", "c", bson.A{bson.D{{Key: "$match", Value: bson.D{}}}}))
	return b
}

func (b bench) session() *guest.Session {
	rights := []sdk.Capability{{Cluster: sdk.RoleSource, Op: sdk.OpFind}, {Cluster: sdk.RoleSource, Op: sdk.OpAggregate}}
	return (&guest.Hosts{Commander: b.commander}).Open(guest.Scope{Module: "acme.m", Asked: rights, Granted: rights})
}

// open counts the cursors on the two collections, idle and at work.
func (b bench) open(t *testing.T) int {
	cursor, err := b.root.Database("admin").Aggregate(t.Context(), bson.A{
		bson.D{{Key: "$currentOp", Value: bson.D{{Key: "allUsers", Value: true}, {Key: "idleCursors", Value: true}}}},
		bson.D{{Key: "$match", Value: bson.D{{Key: "cursor", Value: bson.D{{Key: "$exists", Value: true}}},
			{Key: "ns", Value: bson.D{{Key: "$in", Value: bson.A{"app.c", "app.v"}}}}}}}})
	require.NoError(t, err)
	var list []bson.Raw
	require.NoError(t, cursor.All(t.Context(), &list))
	return len(list)
}

// total counts all open cursors of the server.
func (b bench) total(t *testing.T) int64 {
	reply, err := b.root.Database("admin").RunCommand(t.Context(), bson.D{{Key: "serverStatus", Value: 1}}).Raw()
	require.NoError(t, err)
	n, ok := reply.Lookup("metrics", "cursor", "open", "total").AsInt64OK()
	require.True(t, ok)
	return n
}

func find() sdk.FindRequest {
	return sdk.FindRequest{Cluster: sdk.RoleSource, Database: "app", Collection: "c", BatchSize: perBatch,
		Sort: json.RawMessage(`{"_id":1}`)}
}

func aggregate(collection string) sdk.AggregateRequest {
	return sdk.AggregateRequest{Cluster: sdk.RoleSource, Database: "app", Collection: collection, BatchSize: perBatch, EJSON: "canonical",
		Pipeline: json.RawMessage(`[{"$sort":{"_id":1}},{"$lookup":{"from":"c","localField":"_id","foreignField":"_id","as":"same"}},{"$unwind":"$same"}]`)}
}

func TestCursorsOnAServer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.total(t)
	for name, docs := range map[string]func(*guest.Session) sdk.Documents{
		"find":           func(s *guest.Session) sdk.Documents { return sdk.Find(t.Context(), s, find()) },
		"aggregate":      func(s *guest.Session) sdk.Documents { return sdk.Aggregate(t.Context(), s, aggregate("c")) },
		"aggregate view": func(s *guest.Session) sdk.Documents { return sdk.Aggregate(t.Context(), s, aggregate("v")) },
	} {
		t.Run(name, func(t *testing.T) { b.readAll(t, docs) })
		t.Run(name+", left early", func(t *testing.T) { b.leaveEarly(t, docs) })
	}
	t.Run("forgotten", func(t *testing.T) { b.forget(t) })
	t.Run("many at a time", func(t *testing.T) { b.many(t) })
	t.Run("out of time", func(t *testing.T) { b.outOfTime(t) })
	t.Run("session given up", func(t *testing.T) { b.giveUp(t) })
	require.Equal(t, before, b.total(t), "no cursor is left")
}

func (b bench) readAll(t *testing.T, docs func(*guest.Session) sdk.Documents) {
	s := b.session()
	defer s.Close()
	n := 0
	for doc, err := range docs(s) {
		require.NoError(t, err)
		require.Contains(t, string(doc), fmt.Sprint(int64(n)<<40))
		n++
	}
	require.Equal(t, stored, n)
	require.Equal(t, 4, s.Calls(), "%d documents are four batches", stored)
	require.Zero(t, b.open(t))
}

// leaveEarly ends a loop in the third batch.
func (b bench) leaveEarly(t *testing.T, docs func(*guest.Session) sdk.Documents) {
	s := b.session()
	defer s.Close()
	n := 0
	for _, err := range docs(s) {
		require.NoError(t, err)
		if n++; n > 2*perBatch {
			require.Equal(t, 1, b.open(t), "it is open as long as it is read")
			break
		}
	}
	require.Equal(t, 4, s.Calls(), "three batches and the close")
	require.Zero(t, b.open(t))
}

// forget leaves cursors open when the evaluation ends.
func (b bench) forget(t *testing.T) {
	s := b.session()
	doc, err := json.Marshal(find())
	require.NoError(t, err)
	for range 8 {
		_, err := s.Call(t.Context(), sdk.OpFind, doc)
		require.NoError(t, err)
	}
	require.Equal(t, 8, b.open(t))
	s.Close()
	require.Zero(t, b.open(t))
}

// many reads with several evaluations at a time, so that the driver has several server sessions to choose from.
func (b bench) many(t *testing.T) {
	var g errgroup.Group
	for range 6 {
		g.Go(func() error {
			s := b.session()
			defer s.Close()
			n := 0
			for _, err := range sdk.Find(t.Context(), s, find()) {
				if err != nil {
					return err
				}
				n++
			}
			if n != stored {
				return fmt.Errorf("%d documents", n)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
}

// outOfTime lets the time of an evaluation run out while the server does not answer.
func (b bench) outOfTime(t *testing.T) {
	for _, command := range []string{"find", "getMore"} {
		t.Run(command, func(t *testing.T) {
			b.hold(t, command)
			s := b.session()
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			var last error
			for _, err := range sdk.Find(ctx, s, find()) {
				last = err
			}
			require.Equal(t, sdk.CodeDeadlineExceeded, sdk.StatusOf(last).Code, "%v", last)
			begin := time.Now()
			s.Close()
			require.Less(t, time.Since(begin), 4*time.Second)
			require.Eventually(t, func() bool { return b.open(t) == 0 }, 10*time.Second, 20*time.Millisecond,
				"the server ends what it was at when it is told that nobody waits for it")
		})
	}
}

// giveUp ends a session after a command that nobody has seen the answer of, with a cursor in it that nobody closes.
func (b bench) giveUp(t *testing.T) {
	session, end, err := b.commander.(sdk.SessionCommander).OpenSession(t.Context(), "source")
	require.NoError(t, err)
	_, err = session.RunCommand(t.Context(), "source", "app", json.RawMessage(`{"find":"c","batchSize":1}`))
	require.NoError(t, err)
	b.hold(t, "ping")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = session.RunCommand(ctx, "source", "app", json.RawMessage(`{"ping":1}`))
	require.Equal(t, sdk.CodeDeadlineExceeded, sdk.StatusOf(err).Code)
	require.Equal(t, 1, b.open(t))
	end()
	require.Zero(t, b.open(t))
}

// hold makes the next such command of the engine wait before the server begins with it.
func (b bench) hold(t *testing.T, command string) {
	require.NoError(t, b.root.Database("admin").RunCommand(t.Context(), bson.D{{Key: "configureFailPoint", Value: "failCommand"},
		{Key: "mode", Value: bson.D{{Key: "times", Value: 1}}}, {Key: "data", Value: bson.D{{Key: "failCommands", Value: bson.A{command}},
			{Key: "appName", Value: mdb.AppName}, {Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 1500}}}}).Err())
}
