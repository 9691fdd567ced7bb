package schema_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/oldformat"
	"github.com/revsync/revsync/core/schema"
)

// veteran is a cluster with indexes that were made under 4.0, as the source of a
// sync whose catalog is ready to be turned round.
func veteran(t *testing.T, o mongotest.Options, prepare ...func(side)) (*mongotest.ReplicaSet, side, *schema.Catalog) {
	t.Helper()
	_, dest := pair(t)
	rs := oldformat.New(t, o)
	old := sideOf(t, "veteran", rs)
	for _, f := range prepare {
		f(old)
	}
	first := open(t, dest, 0)
	require.NoError(t, first.Adopt(t.Context(), snapshot(t, old), false))
	return rs, old, first
}

// Indexes with old keys are refused by name before anything is changed; those
// that only look old are not.
func TestRelaxRefusesOldKeys(t *testing.T) {
	rs, old, first := veteran(t, mongotest.Options{}, func(old side) { // one that is old by its number only
		old.run("fx", `{createIndexes: "turned", indexes: [{key: {a: 1}, name: "u"}]}`)
		for _, step := range []string{"prepareUnique", "unique"} {
			old.run("fx", fmt.Sprintf(`{collMod: "turned", index: {name: "u", %s: true}}`, step))
		}
	})
	original := old.shape()
	next, err := first.HandOver(t.Context(), old.c, 1)
	require.NoError(t, err)
	err = next.Relax(t.Context())
	require.ErrorAs(t, err, new(*schema.OldFormatError))
	for _, ix := range oldformat.Indexes {
		text := fmt.Sprintf("fx.%s: %s on member %s", ix.Collection, ix.Name, rs.Hosts()[0])
		if ix.Old {
			require.ErrorContains(t, err, text)
		} else {
			require.NotContains(t, err.Error(), text)
		}
	}
	require.NotContains(t, err.Error(), "fx.turned")
	require.Equal(t, mdb.Permanent, mdb.ClassOf(err))
	requireUntouched(t, rs, old, original)

	for _, ix := range oldformat.Old() { // clean on every member by that
		spec := old.spec(ix.Collection, ix.Name)
		old.run("fx", fmt.Sprintf(`{dropIndexes: %q, index: %q}`, ix.Collection, ix.Name))
		require.NoError(t, old.root.Database("fx").RunCommand(t.Context(),
			bson.D{{Key: "createIndexes", Value: ix.Collection}, {Key: "indexes", Value: bson.A{spec}}}).Err())
	}
	require.NoError(t, next.Relax(t.Context()))
	requireRelaxed(t, old)
	require.NoError(t, next.Unrelax(t.Context()))
	require.Equal(t, original, old.shape())
	for _, ix := range oldformat.Indexes {
		valid := old.run("fx", fmt.Sprintf(`{validate: %q, full: true}`, ix.Collection))
		require.True(t, valid.Lookup("valid").Boolean(), "%s: %s", ix.Collection, valid)
	}
}

// The member that has old keys is not the primary: the server would accept every
// command, and the secondary's index would be damaged.
func TestRelaxRefusesAnOldSecondary(t *testing.T) {
	rs, old, first := veteran(t, mongotest.Options{Members: 3})
	require.NoError(t, rs.StepDown(t.Context()))
	primary, err := rs.Primary(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, rs.Hosts()[0], primary.Host(), "the primary's indexes are clean")
	original := old.shape()
	next, err := first.HandOver(t.Context(), old.c, 1)
	require.NoError(t, err)
	err = next.Relax(t.Context())
	require.ErrorContains(t, err, "fx.single: u on member "+rs.Hosts()[0])
	require.NotContains(t, err.Error(), primary.Host())
	requireUntouched(t, rs, old, original)

	require.NoError(t, rs.Members()[0].Kill()) // what cannot be asked is not taken for clean
	require.ErrorContains(t, next.Relax(t.Context()), "member "+rs.Hosts()[0]+" could not be asked")
	require.Equal(t, original, old.shape())
}

// requireUntouched proves that no index was sent forceNonUnique on any member.
func requireUntouched(t *testing.T, rs *mongotest.ReplicaSet, s side, original map[string]any) {
	t.Helper()
	require.Equal(t, original, s.shape())
	for _, m := range rs.Members() {
		db := m.Client(t, mongotest.Root).Database("fx")
		for _, ix := range oldformat.Indexes {
			var stats bson.Raw
			require.NoError(t, db.RunCommand(t.Context(), bson.D{{Key: "collStats", Value: ix.Collection}}).Decode(&stats))
			format := stats.Lookup("indexDetails", ix.Name, "metadata", "formatVersion")
			require.NotEqualValues(t, 8, format.AsInt64(), "%s of %s on %s was made non-unique", ix.Name, ix.Collection, m.Host())
		}
	}
}

func (s side) spec(coll, name string) bson.D {
	s.t.Helper()
	cur, err := s.root.Database("fx").Collection(coll).Indexes().List(s.t.Context())
	require.NoError(s.t, err)
	var specs []bson.D
	require.NoError(s.t, cur.All(s.t.Context(), &specs))
	for _, spec := range specs {
		for _, e := range spec {
			if e.Key == "name" && e.Value == name {
				return spec
			}
		}
	}
	require.FailNow(s.t, "no such index", "%s of %s", name, coll)
	return nil
}
