package mdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// TestUnansweredWriteIsNeverLate: a server hangs with a write in its socket, the
// client gives up and writes something newer. The newer value must be the one
// that stays, and the late write must have been waited for.
func TestUnansweredWriteIsNeverLate(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	c, err := mdb.Connect("cluster1", rs.URI(mongotest.Sync))
	require.NoError(t, err)
	defer c.Close()
	ns := mdb.Namespace{DB: "d", Coll: "c"}
	set := func(ctx context.Context, v int) error {
		stmt, err := bson.Marshal(bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: 1}}},
			{Key: "u", Value: bson.D{{Key: "v", Value: v}}}, {Key: "upsert", Value: true}})
		require.NoError(t, err)
		var list mdb.Array
		list.Add(stmt)
		_, err = c.Update(ctx, mdb.Write{NS: ns, Statements: list.Raw()})
		return err
	}
	require.NoError(t, set(t.Context(), 0))
	root := rs.Client(t, mongotest.Root).Database("admin")
	fail := func(mode any) {
		require.NoError(t, root.RunCommand(t.Context(), bson.D{{Key: "configureFailPoint", Value: "hangDuringBatchUpdate"}, {Key: "mode", Value: mode}}).Err())
	}

	fail("alwaysOn")
	running := func() int {
		var ops struct{ Inprog []bson.Raw }
		require.NoError(t, root.RunCommand(t.Context(), bson.D{{Key: "currentOp", Value: 1}, {Key: "ns", Value: ns.String()}, {Key: "op", Value: "update"}}).Decode(&ops))
		return len(ops.Inprog)
	}
	short, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	older := make(chan error, 1)
	go func() { older <- set(short, 1) }()
	for over := time.After(time.Minute); running() == 0; {
		select {
		case err := <-older:
			t.Fatalf("the server was to hang in the write: %v", err)
		case <-over:
			t.Fatal("the write does not reach the server")
		case <-time.After(10 * time.Millisecond):
		}
	}
	giveUp()
	require.Error(t, <-older, "the server hangs in the write")

	newer := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		newer <- mdb.Retry(ctx, "newer", mdb.Quiet, func(ctx context.Context) error { return set(ctx, 2) })
	}()
	select {
	case err := <-newer:
		t.Fatalf("the newer write was sent while the older one was still running: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	require.Equal(t, 1, running(), "the newer write hangs beside the older one: it was sent")
	fail("off")
	require.NoError(t, <-newer)
	var doc struct{ V int }
	require.NoError(t, rs.Client(t, mongotest.Root).Database("d").Collection("c").FindOne(t.Context(), bson.D{}).Decode(&doc))
	require.Equal(t, 2, doc.V)
}
