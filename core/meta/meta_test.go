package meta_test

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/core/mongotest"
)

func cluster(t *testing.T, rs *mongotest.ReplicaSet) *mdb.Cluster {
	c, err := mdb.Connect("cluster1", rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func record() lifecycle.Record {
	return lifecycle.Record{
		SyncID: "s", State: lifecycle.Running, Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1},
		Clusters: map[string]string{"cluster0": "a", "cluster1": "b"},
		Options:  lifecycle.Options{WriteBlocking: lifecycle.BlockDestinationOnly, BuildIndexes: lifecycle.AfterDataCopy},
		Position: lifecycle.Position{Token: []byte{5, 0, 0, 0, 0}, Time: lifecycle.OpTime{T: 7, I: 8}},
	}
}

// TestMeta shares one server among the tests that need nothing special of it.
func TestMeta(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	c := cluster(t, rs)
	clear := func(t *testing.T) { require.NoError(t, meta.Retire(t.Context(), c)) }

	t.Run("a record is read back as it was written", func(t *testing.T) {
		clear(t)
		none, err := meta.Load(t.Context(), c)
		require.NoError(t, err)
		require.Nil(t, none)
		store, err := meta.Create(t.Context(), c, record(), meta.NewOwner())
		require.NoError(t, err)
		require.NoError(t, store.Update(t.Context(), func(r *lifecycle.Record) { r.Copy.CollectionsCreated = true }))
		stored, err := meta.Load(t.Context(), c)
		require.NoError(t, err)
		want := store.Record()
		require.Equal(t, want.UpdatedAt.UnixMilli(), stored.UpdatedAt.UnixMilli())
		want.UpdatedAt, want.StartedAt = stored.UpdatedAt, stored.StartedAt
		require.Equal(t, want, *stored)
		require.EqualValues(t, 2, stored.Revision)
		_, err = meta.Create(t.Context(), c, record(), meta.NewOwner())
		require.Error(t, err, "a second first record")
	})

	t.Run("reviews", func(t *testing.T) {
		clear(t)
		testReviews(t, c)
	})

	t.Run("a record of another writer is not overwritten", func(t *testing.T) {
		clear(t)
		mine, err := meta.Create(t.Context(), c, record(), meta.NewOwner())
		require.NoError(t, err)
		theirs := meta.Attach(c, mine.Record(), meta.NewOwner())
		require.NoError(t, theirs.Update(t.Context(), func(r *lifecycle.Record) { r.State = lifecycle.Paused }))
		err = mine.Update(t.Context(), func(r *lifecycle.Record) { r.Position.Time.T++ })
		require.ErrorIs(t, err, meta.ErrLost)
		stored, err := meta.Load(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, lifecycle.Paused, stored.State)
	})

	t.Run("a write that was done but not answered is found again", func(t *testing.T) {
		clear(t)
		owner := meta.NewOwner()
		first, err := meta.Create(t.Context(), c, record(), owner)
		require.NoError(t, err)
		lost := meta.Attach(c, first.Record(), owner) // the same life, which does not know of the next write
		require.NoError(t, first.Update(t.Context(), func(r *lifecycle.Record) { r.Position.Time.T = 100 }))
		require.NoError(t, lost.Update(t.Context(), func(r *lifecycle.Record) { r.State = lifecycle.Paused }))
		stored, err := meta.Load(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, lifecycle.Paused, stored.State)
		require.EqualValues(t, 100, stored.Position.Time.T, "what the unanswered write had changed is kept")
		require.EqualValues(t, 3, stored.Revision)
	})

	t.Run("rubbish and newer records are refused", func(t *testing.T) {
		for name, set := range map[string]bson.D{
			"newer format":  {{Key: "format", Value: lifecycle.RecordFormat + 1}},
			"unknown state": {{Key: "state", Value: "FAILED"}},
			"wrong type":    {{Key: "epoch", Value: "three"}},
			"no mapping":    {{Key: "mapping", Value: bson.D{}}},
			"newer field":   {{Key: "shards", Value: 3}},
			"no position":   {{Key: "position", Value: bson.D{}}},
		} {
			t.Run(name, func(t *testing.T) {
				clear(t)
				_, err := meta.Create(t.Context(), c, record(), meta.NewOwner())
				require.NoError(t, err)
				_, err = rs.Client(t, mongotest.Root).Database(mdb.MetadataDB).Collection("record").UpdateOne(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: set}})
				require.NoError(t, err)
				_, err = meta.Load(t.Context(), c)
				require.Error(t, err)
			})
		}
	})

	t.Run("a lease has one owner, and can be given back", func(t *testing.T) {
		clear(t)
		lease, followed, err := meta.Acquire(t.Context(), c, meta.NewOwner())
		require.NoError(t, err)
		require.False(t, followed)
		other := meta.NewOwner()
		_, _, err = meta.Acquire(t.Context(), c, other)
		held, ok := errors.AsType[*meta.HeldError](err)
		require.True(t, ok, "got %v", err)
		require.Positive(t, held.Left)
		require.NotZero(t, held.Owner.PID)
		require.NoError(t, lease.Release(t.Context()))
		_, _, err = meta.Acquire(t.Context(), c, other)
		require.NoError(t, err)
	})

	t.Run("the lease of a process that died here is followed at once", func(t *testing.T) {
		clear(t)
		child := exec.Command("sleep", "60")
		require.NoError(t, child.Start())
		dead := meta.NewOwner()
		dead.PID = child.Process.Pid
		_, _, err := meta.Acquire(t.Context(), c, dead) // its birth is not that of the child: a number used again
		require.NoError(t, err)
		_, followed, err := meta.Acquire(t.Context(), c, meta.NewOwner())
		require.NoError(t, err)
		require.True(t, followed)
		require.NoError(t, child.Process.Kill())
		_ = child.Wait()
	})

	t.Run("an owner that cannot renew stops before its lease is over", func(t *testing.T) {
		clear(t)
		lease, _, err := meta.Acquire(t.Context(), c, meta.NewOwner())
		require.NoError(t, err)
		member := rs.Members()[0]
		require.NoError(t, member.Pause())
		begin := time.Now()
		var failures int
		err = lease.Keep(t.Context(), func(_ string, err error) {
			if err != nil {
				failures++
			}
		})
		require.NoError(t, member.Continue())
		require.ErrorIs(t, err, meta.ErrNoLease)
		require.Less(t, time.Since(begin), 12*time.Second, "the server's term is twelve seconds")
		require.ErrorIs(t, lease.Check(0), meta.ErrNoLease)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		require.NoError(t, mdb.Retry(ctx, "successor", mdb.Quiet, func(ctx context.Context) error {
			_, _, err := meta.Acquire(ctx, c, meta.NewOwner())
			if errors.As(err, new(*meta.HeldError)) {
				return context.DeadlineExceeded // transient: try again until the term is over
			}
			return err
		}))
	})
}
