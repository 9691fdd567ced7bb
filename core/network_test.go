package core_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// shownWithin is how soon a fault that lasts is in progress.
const shownWithin = 10 * time.Second

// outage is a fault that lasts until it is ended.
type outage struct {
	name       string
	begin, end func(t *testing.T, m *mongotest.Member)
}

var outages = []outage{
	{"killed", func(t *testing.T, m *mongotest.Member) { require.NoError(t, m.Kill()) },
		func(t *testing.T, m *mongotest.Member) { require.NoError(t, m.Start(t.Context())) }},
	{"hung", func(t *testing.T, m *mongotest.Member) { require.NoError(t, m.Pause()) },
		func(t *testing.T, m *mongotest.Member) { require.NoError(t, m.Continue()) }},
	{"network cut", func(_ *testing.T, m *mongotest.Member) { m.Proxy().Cut() }, heal},
	{"network held", func(_ *testing.T, m *mongotest.Member) { m.Proxy().Hold() }, heal},
}

func heal(t *testing.T, m *mongotest.Member) { require.NoError(t, m.Proxy().Heal()) }

// TestFaultsAreShown puts each fault on each side in each phase. It shows in progress
// while it lasts, and the work goes on by itself when it is over.
func TestFaultsAreShown(t *testing.T) {
	for _, id := range []lifecycle.ClusterID{lifecycle.Cluster0, lifecycle.Cluster1} {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			f := &faulty{pair: newPair(t, mongotest.Options{Proxied: true}), victim: id}
			f.inCopy()
			f.inApplication()
			for _, o := range outages {
				f.inCommitAndReverse(o)
			}
		})
	}
}

// faulty is a pair of which one side has the faults.
type faulty struct {
	*pair
	victim lifecycle.ClusterID
}

func (f *faulty) member() *mongotest.Member { return f.clusters[f.victim].Members()[0] }

// suffer has a fault begin, be seen, and end.
func (f *faulty) suffer(o outage, phase string) {
	f.t.Helper()
	began := time.Now()
	o.begin(f.t, f.member())
	seen := f.until(fmt.Sprintf("%s: %s to show", phase, o.name), func(g core.Progress) bool {
		return g.LastError != nil && strings.Contains(g.LastError.Message, string(f.victim))
	})
	require.Less(f.t, time.Since(began), shownWithin, "%s: %s", phase, o.name)
	require.NotContains(f.t, seen.LastError.Message, mongotest.Sync.Password())
	f.t.Logf("%s: %s: shown after %d ms in %s: %.200s", phase, o.name, time.Since(began).Milliseconds(), seen.State, seen.LastError.Message)
	o.end(f.t, f.member())
}

// block has the server wait before it carries out the engine's commands of a
// kind, so that a phase lasts. What was blocked before is not any more. The mode is that of a fail point.
func (f *faulty) block(id lifecycle.ClusterID, wait time.Duration, command string, mode any) {
	f.t.Helper()
	f.admin(id, bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode}, {Key: "data", Value: bson.D{
		{Key: "failCommands", Value: bson.A{command}}, {Key: "appName", Value: mdb.AppName},
		{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: wait.Milliseconds()}}}})
}

func (f *faulty) unblock(id lifecycle.ClusterID) {
	f.t.Helper()
	f.admin(id, bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: "off"}})
}

// admin goes past the network that has the faults.
func (f *faulty) admin(id lifecycle.ClusterID, command bson.D) {
	f.t.Helper()
	client := f.clusters[id].Members()[0].Client(f.t, mongotest.Root)
	require.NoError(f.t, client.Database("admin").RunCommand(f.t.Context(), command).Err())
}

// copyInsert is how long an insert of the copy is held up: with so many collections
// the copy cannot be over before the last fault, however many writers it has.
const copyInsert = 10 * time.Second

// inCopy has a copy that lasts over all faults.
func (f *faulty) inCopy() {
	f.t.Helper()
	const collections = 300
	for i := range collections {
		f.insert(lifecycle.Cluster0, fmt.Sprint("c", i), 1)
	}
	// A command of the plan of the reverse needs it.
	_, err := f.client(lifecycle.Cluster0, mongotest.DDL).Database("d").Collection("c0").Indexes().
		CreateOne(f.t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "x", Value: 1}}, Options: options.Index().SetUnique(true)})
	require.NoError(f.t, err)
	f.start(forward())
	f.block(lifecycle.Cluster1, copyInsert, "insert", "alwaysOn") // not before: a fence inserts too
	// The kill comes last: a server that was killed has forgotten the block, and could
	// finish the copy before it is blocked again.
	for _, o := range slices.Concat(outages[1:], outages[:1]) {
		f.until("the copy", func(g core.Progress) bool { return g.Info == "collection copy" && g.LastError == nil })
		f.suffer(o, "copy")
	}
	f.until("the fault to be over", func(g core.Progress) bool { return g.LastError == nil })
	f.unblock(lifecycle.Cluster1)
}

func (f *faulty) inApplication() {
	f.t.Helper()
	f.well()
	for i, o := range outages {
		f.suffer(o, "change event application")
		f.insert(lifecycle.Cluster0, "c0", fmt.Sprint("after fault ", i))
		f.well()
	}
	// These are over before they need to be seen.
	require.NoError(f.t, f.clusters[f.victim].StepDown(f.t.Context()))
	f.insert(lifecycle.Cluster0, "c0", "after a step-down")
	f.well()
	f.member().Proxy().Slow(50*time.Millisecond, 100_000)
	f.insert(lifecycle.Cluster0, "c0", "while the network is slow")
	f.well()
	heal(f.t, f.member())
}

// well waits until the engine has no fault, runs, and has applied what is on the source now.
func (f *faulty) well() {
	f.t.Helper()
	since := time.Now()
	f.until("the fault to be over", func(g core.Progress) bool {
		return g.LastError == nil && g.CanCommit && int64(g.LastApplied.T) >= since.Unix()
	})
}

// planStep is how long a step of a plan is held up, so that the fault comes before its
// end. Its second attempt is not.
const planStep = 3 * time.Second

var once = bson.D{{Key: "times", Value: 1}}

// inCommitAndReverse goes to the other side, and turns round.
func (f *faulty) inCommitAndReverse(o outage) {
	f.t.Helper()
	f.until("canCommit", func(g core.Progress) bool { return g.CanCommit && g.LastError == nil })
	before := f.engine.Progress()
	source, destination := before.Mapping.Source, before.Mapping.Destination
	f.block(source, planStep, "setUserWriteBlockMode", once)
	require.NoError(f.t, f.engine.Commit(f.t.Context()))
	f.suffer(o, "commit")
	f.until("COMMITTED without a fault", func(g core.Progress) bool { return g.State == lifecycle.Committed && g.LastError == nil })
	f.unblock(source)
	f.equal()

	f.insert(destination, "c0", fmt.Sprintf("in epoch %d after %s", before.Epoch, o.name))
	f.block(source, planStep, "collMod", once)
	require.NoError(f.t, f.engine.Reverse(f.t.Context()))
	f.suffer(o, "reverse")
	f.until("the reversed sync without a fault", func(g core.Progress) bool {
		return g.State == lifecycle.Running && g.Epoch == before.Epoch+1 && g.LastError == nil
	})
	f.unblock(source)
}
