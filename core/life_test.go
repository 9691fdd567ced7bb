package core_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
)

func (p *pair) insert(id lifecycle.ClusterID, coll string, ids ...any) {
	p.t.Helper()
	for _, v := range ids {
		_, err := p.client(id, mongotest.App).Database("d").Collection(coll).InsertOne(p.t.Context(), bson.D{{Key: "_id", Value: v}, {Key: "x", Value: v}})
		require.NoError(p.t, err)
	}
}

// TestPauseAndRestart: a pause is a state, not a stop: it survives the process.
func TestPauseAndRestart(t *testing.T) {
	p := newPair(t, mongotest.Options{})
	p.insert(lifecycle.Cluster0, "c", 1, 2, 3)
	p.start(forward())
	p.until("change event application", func(g core.Progress) bool { return g.CanCommit })
	require.NoError(t, p.engine.Pause(t.Context()))
	paused := p.state(lifecycle.Paused)
	require.Nil(t, paused.LagMillis)
	require.False(t, paused.CanCommit)
	require.Equal(t, core.IllegalState, core.CodeOf(p.engine.Pause(t.Context())))
	require.Equal(t, core.IllegalState, core.CodeOf(p.engine.Commit(t.Context())))
	p.insert(lifecycle.Cluster0, "c", 4)
	p.end()
	p.begin()
	require.Equal(t, lifecycle.Paused, p.state(lifecycle.Paused).State)
	require.NoError(t, p.engine.Resume(t.Context()))
	p.commit()
	p.equal()
	p.end()
	p.begin()
	require.True(t, p.state(lifecycle.Committed).CanWrite)
	p.reverse()
	p.end()
	p.begin()
	g := p.state(lifecycle.Running)
	require.Equal(t, 1, g.Epoch)
	require.Equal(t, lifecycle.Cluster1, g.Mapping.Source)
	p.commit()
	p.equal()
}

// TestStepDown: elections on both sides of three members, in the middle of the work.
func TestStepDown(t *testing.T) {
	p := newPair(t, mongotest.Options{Members: 3})
	p.insert(lifecycle.Cluster0, "c", 1, 2, 3)
	p.start(forward())
	p.until("change event application", func(g core.Progress) bool { return g.CanCommit })
	require.NoError(t, p.clusters[lifecycle.Cluster1].StepDown(t.Context()))
	p.insert(lifecycle.Cluster0, "c", 4)
	require.NoError(t, p.clusters[lifecycle.Cluster0].StepDown(t.Context()))
	p.insert(lifecycle.Cluster0, "c", 5)
	p.commit()
	p.equal()
	p.insert(lifecycle.Cluster1, "c", 6)
	p.reverse()
	require.NoError(t, p.clusters[lifecycle.Cluster0].StepDown(t.Context()))
	p.insert(lifecycle.Cluster1, "c", 7)
	p.commit()
	p.equal()
}

// TestOpenTransaction: a transaction that is open when the commit begins holds
// the fence back. It is shown, and what it wrote is not lost.
func TestOpenTransaction(t *testing.T) {
	p := newPair(t, mongotest.Options{})
	p.insert(lifecycle.Cluster0, "c", 1)
	p.start(forward())
	p.until("canCommit", func(g core.Progress) bool { return g.CanCommit })
	app := p.client(lifecycle.Cluster0, mongotest.App)
	session, err := app.StartSession()
	require.NoError(t, err)
	defer session.EndSession(t.Context())
	require.NoError(t, session.StartTransaction())
	ctx := mongo.NewSessionContext(t.Context(), session)
	_, err = app.Database("d").Collection("c").InsertOne(ctx, bson.D{{Key: "_id", Value: "in a transaction"}})
	require.NoError(t, err)
	require.NoError(t, p.engine.Commit(t.Context()))
	p.until("the transaction to show", func(g core.Progress) bool {
		return g.State == lifecycle.Committing && slices.ContainsFunc(g.Warnings, func(w string) bool { return strings.Contains(w, "open transaction") })
	})
	require.NoError(t, session.CommitTransaction(ctx))
	p.state(lifecycle.Committed)
	p.equal()
	require.NoError(t, p.client(lifecycle.Cluster1, mongotest.App).Database("d").Collection("c").FindOne(t.Context(), bson.D{{Key: "_id", Value: "in a transaction"}}).Err())
}

// TestIndexMoments: unique indexes are built when asked for, or not at all.
func TestIndexMoments(t *testing.T) {
	for _, when := range []lifecycle.BuildIndexes{lifecycle.BeforeDataCopy, lifecycle.NeverBuild} {
		t.Run(string(when), func(t *testing.T) {
			p := newPair(t, mongotest.Options{})
			p.insert(lifecycle.Cluster0, "c", 1, 2)
			_, err := p.client(lifecycle.Cluster0, mongotest.DDL).Database("d").Collection("c").Indexes().
				CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "x", Value: 1}}, Options: options.Index().SetUnique(true)})
			require.NoError(t, err)
			o := forward()
			o.Reversible, o.WriteBlocking, o.BuildIndexes = false, lifecycle.BlockDestinationOnly, when
			p.start(o)
			p.commit()
			specs, err := p.client(lifecycle.Cluster1, mongotest.Root).Database("d").Collection("c").Indexes().ListSpecifications(t.Context())
			require.NoError(t, err)
			if when == lifecycle.NeverBuild {
				require.Len(t, specs, 1)
				return
			}
			require.Len(t, specs, 2)
			require.True(t, *specs[1].Unique)
		})
	}
}

// TestFilter: only what the filter names takes part, in the copy and after it.
func TestFilter(t *testing.T) {
	p := newPair(t, mongotest.Options{})
	p.insert(lifecycle.Cluster0, "in", 1)
	p.insert(lifecycle.Cluster0, "out", 1)
	p.insert(lifecycle.Cluster0, "in_but_excluded", 1)
	o := forward()
	o.Reversible, o.WriteBlocking = false, lifecycle.BlockDestinationOnly
	o.Include = []lifecycle.NSFilter{{Database: "d", CollectionsRegex: &lifecycle.Pattern{Pattern: "^IN", Options: "i"}}}
	o.Exclude = []lifecycle.NSFilter{{Database: "d", Collections: []string{"in_but_excluded"}}}
	p.start(o)
	p.until("canCommit", func(g core.Progress) bool { return g.CanCommit })
	p.insert(lifecycle.Cluster0, "in", 2)
	p.insert(lifecycle.Cluster0, "out", 2)
	p.insert(lifecycle.Cluster0, "into", 1)
	p.commit()
	names, err := p.client(lifecycle.Cluster1, mongotest.Root).Database("d").ListCollectionNames(t.Context(), bson.D{})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"in", "into"}, names)
	n, err := p.client(lifecycle.Cluster1, mongotest.Root).Database("d").Collection("in").CountDocuments(t.Context(), bson.D{})
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

// TestConversionToCapped: the server makes a capped copy and puts it in the
// place of the collection; ordinary change streams do not show its documents.
func TestConversionToCapped(t *testing.T) {
	p := newPair(t, mongotest.Options{})
	for i := range 500 {
		p.insert(lifecycle.Cluster0, "c", i)
		if i == 250 {
			p.start(forward())
			p.until("change event application", func(g core.Progress) bool { return g.CanCommit })
		}
	}
	db := p.client(lifecycle.Cluster0, mongotest.Root).Database("d")
	require.NoError(t, db.RunCommand(t.Context(), bson.D{{Key: "convertToCapped", Value: "c"}, {Key: "size", Value: 1 << 20}}).Err())
	require.NoError(t, db.RunCommand(t.Context(), bson.D{{Key: "cloneCollectionAsCapped", Value: "c"}, {Key: "toCollection", Value: "clone"}, {Key: "size", Value: 1 << 20}}).Err())
	p.insert(lifecycle.Cluster0, "c", 1000)
	p.commit()
	p.equal()
	n, err := p.client(lifecycle.Cluster1, mongotest.Root).Database("d").Collection("c").CountDocuments(t.Context(), bson.D{})
	require.NoError(t, err)
	require.EqualValues(t, 501, n)
}
