package workload_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// TestClosedSide closes and opens a side again and again below the workload, so that
// refusals meet all kinds of operations, and has all of it right each time.
func TestClosedSide(t *testing.T) {
	t.Parallel()
	set := mongotest.New(t, mongotest.Options{})
	traffic := start(t, set, workload.Options{Seed: 5, Clients: 1})
	reader := set.Client(t, mongotest.Sync)
	for round := range 4 {
		require.NoError(t, traffic.WaitWrites(soon(t), 5))
		require.ErrorContains(t, traffic.Verify(t.Context(), reader), "clients are at work")
		fence(t, set, true)
		require.NoError(t, traffic.WaitClosed(soon(t)))
		require.NoError(t, workload.MustRefuse(t.Context(), set.Client(t, mongotest.App)))
		require.NoError(t, traffic.Verify(t.Context(), reader))
		require.GreaterOrEqual(t, traffic.Report().Total.Refused, int64((round+1)*len(workload.Kinds())))
		fence(t, set, false)
		traffic.Switch(set.Client(t, mongotest.App), set.Client(t, mongotest.DDL))
	}
	require.NoError(t, traffic.WaitWrites(soon(t), 5))
	report := traffic.Stop()
	require.NoError(t, traffic.Verify(t.Context(), reader))
	require.Empty(t, report.Failures)
	require.Zero(t, report.Total.Unknown, "one set, never down")
	require.ErrorContains(t, workload.MustRefuse(t.Context(), set.Client(t, mongotest.App)), "it was done")
	require.Error(t, workload.MustRefuse(t.Context(), set.Client(t, mongotest.Nobody)), "refused, but for another reason")
}

// TestUnknownOutcomes takes answers away from operations that were done and from
// operations that were not.
func TestUnknownOutcomes(t *testing.T) {
	t.Parallel()
	set := mongotest.New(t, mongotest.Options{})
	traffic := start(t, set, workload.Options{Seed: 6, Clients: 1})
	commands := bson.A{"insert", "update", "delete", "findAndModify", "commitTransaction", "create", "drop",
		"renameCollection", "createIndexes", "collMod"}
	for _, fault := range []bson.D{
		d("closeConnection", true),
		d("errorCode", 262),
		d("writeConcernError", d("code", 64, "errmsg", "waiting for replication timed out")),
	} {
		admin(t, set, "configureFailPoint", "failCommand", "mode", d("activationProbability", 0.2),
			"data", append(fault, bson.E{Key: "failCommands", Value: commands}))
		require.NoError(t, traffic.WaitWrites(soon(t), 5))
	}
	require.Eventually(t, func() bool { return everyKindHasUnknown(traffic.Report()) }, patience, 10*time.Millisecond)
	admin(t, set, "configureFailPoint", "failCommand", "mode", "off")
	require.NoError(t, set.StepDown(soon(t)))
	require.NoError(t, traffic.WaitWrites(soon(t), 2))
	require.NoError(t, set.Members()[0].Kill())
	require.NoError(t, set.Members()[0].Start(soon(t)))
	require.NoError(t, traffic.WaitWrites(soon(t), 2))
	report := traffic.Stop()
	require.NoError(t, traffic.Verify(soon(t), set.Client(t, mongotest.Sync)))
	require.Empty(t, report.Failures)
}

func everyKindHasUnknown(report workload.Report) bool {
	for _, kind := range workload.Kinds() {
		if report.Kinds[kind].Unknown == 0 {
			return false
		}
	}
	return true
}

// TestSameSeed wants each client to do the same on two sides.
func TestSameSeed(t *testing.T) {
	t.Parallel()
	a, b := did(t, 1), did(t, 1)
	other := did(t, 2)
	differs := false
	for client, first := range a {
		second := b[client]
		n := min(len(first), len(second), 30)
		require.NotZero(t, n, client)
		require.Equal(t, first[:n], second[:n], client)
		differs = differs || fmt.Sprint(first) != fmt.Sprint(other[client])
	}
	require.True(t, differs, "another seed does other things")
}

// did returns what each client has done, from the journal.
func did(t *testing.T, seed uint64) map[string][]string {
	t.Helper()
	set := mongotest.New(t, mongotest.Options{})
	var journal bytes.Buffer
	kinds := []workload.Kind{workload.Append, workload.Documents, workload.Toggle, workload.Handover, workload.Files, workload.DDL}
	traffic := start(t, set, workload.Options{Seed: seed, Kinds: kinds, Clients: 1,
		Journal: func(workload.Kind, int) io.Writer { return &journal }})
	require.NoError(t, traffic.WaitWrites(soon(t), 30))
	traffic.Stop()
	done := map[string][]string{}
	for lines := json.NewDecoder(&journal); ; {
		var line struct {
			Kind, What, Outcome string
			Client              int
		}
		err := lines.Decode(&line)
		if errors.Is(err, io.EOF) {
			return done
		}
		require.NoError(t, err)
		client := fmt.Sprint(line.Kind, line.Client)
		done[client] = append(done[client], line.What)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	app := shared.Client(t, mongotest.App)
	for want, o := range map[string]workload.Options{
		"needs Client and DDLClient":  {Client: app},
		`no kind of client "other"`:   {Client: app, DDLClient: app, Kinds: []workload.Kind{"other"}},
		"cannot be a database's name": {Client: app, DDLClient: app, Database: "a.b"},
	} {
		_, err := workload.Start(t.Context(), o)
		require.ErrorContains(t, err, want)
	}
	o := workload.Options{Kinds: []workload.Kind{workload.Append}, Database: "twice"}
	start(t, shared, o).Stop()
	o.Client, o.DDLClient = app, shared.Client(t, mongotest.DDL)
	_, err := workload.Start(t.Context(), o)
	require.ErrorContains(t, err, "the database twice exists already")
}

// TestBrokenPromise has the server say no to what must work: that is a failure of
// the run at once.
func TestBrokenPromise(t *testing.T) {
	t.Parallel()
	traffic := start(t, shared, workload.Options{Kinds: []workload.Kind{workload.Toggle}, Clients: 1, Database: "broken"})
	require.NoError(t, traffic.WaitWrites(soon(t), 5))
	root := shared.Client(t, mongotest.Root).Database("broken")
	for range 20 { // a late write of somebody: some deletes meet nothing, some inserts a duplicate
		_, err := root.Collection("toggle_numbers_0").DeleteMany(t.Context(), d())
		require.NoError(t, err)
		require.NoError(t, traffic.WaitWrites(soon(t), 1))
	}
	report := traffic.Stop()
	require.NotZero(t, report.Total.Failed)
	require.NotEmpty(t, report.Failures)
	require.ErrorContains(t, traffic.Verify(t.Context(), shared.Client(t, mongotest.Root)), report.Failures[0])
}
