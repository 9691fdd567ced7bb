package facts

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

func TestEveryFamilyOfTwoClusters(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{})
	in := Input{
		Source: connected(t, "cluster0", a, mongotest.Sync), Destination: connected(t, "cluster1", b, mongotest.Sync),
		Options: reversible, ReverseStart: lifecycle.OpTime{T: 7, I: 3},
	}
	f := Collect(t.Context(), in)

	require.False(t, f.CollectedAt.IsZero())
	for name, side := range map[string]sdk.Role{a.Name(): sdk.RoleSource, b.Name(): sdk.RoleDestination} {
		checkVersions(t, f.Versions.Of(side), side, map[sdk.Role]string{sdk.RoleSource: a.Hosts()[0], sdk.RoleDestination: b.Hosts()[0]}[side])
		checkTopology(t, f.Topology.Of(side), name)
		checkOplog(t, f.OplogWindow.Of(side))
		require.Equal(t, sdk.WriteBlocking{Known: true, Mode: sdk.WriteBlockOff}, f.WriteBlocking.Of(side))
		require.Equal(t, sdk.UniqueIndexes{Error: "not looked at on the " + string(side) + " for this request"}, f.UniqueIndexes.Of(side))
	}
	require.NotEqual(t, f.Topology.Source.ReplicaSetID, f.Topology.Destination.ReplicaSetID)
	require.Equal(t, &sdk.Timestamp{T: 7, I: 3}, f.OplogWindow.ReverseStart)
	require.Equal(t, sdk.Options{Known: true, Reversible: true, EnableUserWriteBlocking: sdk.BlockSourceAndDestination,
		BuildIndexes: "afterDataCopy"}, f.Options)

	admin(t, a, "admin", bson.D{{Key: "setUserWriteBlockMode", Value: 1}, {Key: "global", Value: true}})
	f = Collect(t.Context(), in)
	require.Equal(t, sdk.WriteBlocking{Known: true, Mode: sdk.WriteBlockOn}, f.WriteBlocking.Source)
	require.Equal(t, sdk.WriteBlocking{Known: true, Mode: sdk.WriteBlockOff}, f.WriteBlocking.Destination)

	in.Families, in.ReverseStart = []string{sdk.FactVersions, sdk.FactOplogWindow, "weather"}, lifecycle.OpTime{}
	f = Collect(t.Context(), in)
	require.True(t, f.Versions.Source.Known)
	require.True(t, f.OplogWindow.Source.Known)
	require.Nil(t, f.OplogWindow.ReverseStart)
	require.Equal(t, sdk.Facts{CollectedAt: f.CollectedAt, Versions: f.Versions, OplogWindow: f.OplogWindow}, f)
}

func checkVersions(t *testing.T, v sdk.Versions, side sdk.Role, host string) {
	t.Helper()
	require.True(t, v.Known, "%s: %s", side, v.Error)
	require.Len(t, v.VersionArray, 4)
	require.GreaterOrEqual(t, v.VersionArray[0], 6)
	require.True(t, strings.HasPrefix(v.Version, v.FCV+"."), "version %s, feature compatibility %s", v.Version, v.FCV)
	require.Len(t, v.GitVersion, 40)
	require.Empty(t, v.FCVTarget)
	require.Equal(t, []sdk.MemberVersion{{Host: host, Known: true, Version: v.Version, VersionArray: v.VersionArray}}, v.Members)
}

func checkTopology(t *testing.T, top sdk.Topology, name string) {
	t.Helper()
	require.True(t, top.Known, top.Error)
	require.Equal(t, sdk.TopologyReplicaSet, top.Kind)
	require.Equal(t, name, top.SetName)
	require.Len(t, top.ReplicaSetID, 24)
	require.Len(t, top.Members, 1)
	m := top.Members[0]
	require.Equal(t, sdk.Member{Host: m.Host, State: "PRIMARY", Votes: 1, Priority: 1, BuildIndexes: true}, m)
}

func checkOplog(t *testing.T, o sdk.Oplog) {
	t.Helper()
	require.True(t, o.Known, o.Error)
	require.Positive(t, o.First.T)
	require.True(t, o.First.Before(o.Last))
	require.Positive(t, o.SizeBytes)
	require.Equal(t, int64(256<<20), o.MaxSizeBytes)
}

// What a user may do is passed on exactly, and what it may not see is not known.
func TestUserWithFewRights(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{})
	buckets := ""
	privileges := []sdk.Privilege{
		{Resource: sdk.Pattern{Cluster: true}, Actions: []string{"inprog", "listShards"}},
		{Resource: sdk.Pattern{DB: "app"}, Actions: []string{"find", "insert"}},
		{Resource: sdk.Pattern{DB: "app", Collection: "c"}, Actions: []string{"collStats"}},
		{Resource: sdk.Pattern{SystemBuckets: &buckets}, Actions: []string{"find"}},
	}
	admin(t, rs, "admin", bson.D{{Key: "createRole", Value: "few"}, {Key: "roles", Value: bson.A{}}, {Key: "privileges", Value: bson.A{
		privilege(bson.D{{Key: "cluster", Value: true}}, "inprog", "listShards"),
		privilege(bson.D{{Key: "db", Value: "app"}, {Key: "collection", Value: ""}}, "find", "insert"),
		privilege(bson.D{{Key: "db", Value: "app"}, {Key: "collection", Value: "c"}}, "collStats"),
		privilege(bson.D{{Key: "db", Value: ""}, {Key: "system_buckets", Value: ""}}, "find"),
	}}})
	require.NoError(t, rs.AddUser(t.Context(), "limited", "few"))
	f := Collect(t.Context(), Input{Source: connected(t, "cluster0", rs, "limited"), IndexesOf: []sdk.Role{sdk.RoleSource}})

	rights := f.Rights.Source
	require.True(t, rights.Known, rights.Error)
	require.True(t, rights.Authenticated)
	require.Equal(t, []sdk.User{{User: "limited", DB: "admin"}}, rights.Users)
	require.Equal(t, []sdk.RoleName{{Role: "few", DB: "admin"}}, rights.Roles)
	for i := range rights.Privileges {
		slices.Sort(rights.Privileges[i].Actions)
	}
	require.ElementsMatch(t, privileges, rights.Privileges)
	require.True(t, rights.May("insert", sdk.Pattern{DB: "app", Collection: "c"}))
	require.False(t, rights.May("insert", sdk.Pattern{DB: "other", Collection: "c"}))

	for family, e := range errorsOf(f, sdk.RoleSource) {
		if family != sdk.FactRights {
			require.Contains(t, e, "Unauthorized", family)
		}
	}
	for family, e := range errorsOf(f, sdk.RoleDestination) {
		require.Contains(t, e, "the destination is not", family+" of a cluster that is not there")
	}
}

func privilege(resource bson.D, actions ...string) bson.D {
	return bson.D{{Key: "resource", Value: resource}, {Key: "actions", Value: actions}}
}

// errorsOf gives the errors of the families about a cluster, which all but a
// known one must have.
func errorsOf(f sdk.Facts, side sdk.Role) map[string]string {
	texts := map[string]string{
		sdk.FactVersions: f.Versions.Of(side).Error, sdk.FactTopology: f.Topology.Of(side).Error,
		sdk.FactRights: f.Rights.Of(side).Error, sdk.FactWriteBlocking: f.WriteBlocking.Of(side).Error,
		sdk.FactOplogWindow: f.OplogWindow.Of(side).Error, sdk.FactUniqueIndexes: f.UniqueIndexes.Of(side).Error,
	}
	if side == sdk.RoleDestination {
		texts[sdk.FactUniqueIndexes] = "the destination is not asked about"
	}
	return texts
}

func TestWithoutAccessControlNobodyIsLoggedIn(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{NoAuth: true})
	f := Collect(t.Context(), Input{Source: connected(t, "cluster0", rs, mongotest.Nobody)})
	require.Equal(t, sdk.Rights{Known: true, Users: []sdk.User{}, Roles: []sdk.RoleName{}, Privileges: f.Rights.Source.Privileges}, f.Rights.Source)
	require.False(t, f.Options.Known, "no sync has options yet")
}

// A cluster that is away, or does not let the engine in, makes everything about
// it unknown, and nothing else; no text holds a password.
func TestErrorsAreTextsWithoutCredentials(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{})
	const secret = "swordfish-7"
	uri := strings.Replace(a.URI(mongotest.Sync), mongotest.Sync.Password(), secret, 1)
	require.Contains(t, uri, secret)
	sync := connected(t, "cluster1", b, mongotest.Sync)
	in := Input{Source: dialed(t, "cluster0", uri), Destination: sync, Families: append([]string{sdk.FactUniqueIndexes}, sdk.FactFamilies...),
		IndexesOf: []sdk.Role{sdk.RoleSource}}
	f := Collect(t.Context(), in)
	for family, e := range errorsOf(f, sdk.RoleSource) {
		require.Contains(t, e, "Authentication failed", family)
	}
	require.True(t, f.Versions.Destination.Known)

	require.NoError(t, b.Stop())
	f = Collect(t.Context(), in)
	for family, e := range errorsOf(f, sdk.RoleDestination) {
		require.NotEmpty(t, e, family)
	}
	require.False(t, f.Versions.Destination.Known)
	all, err := json.Marshal(f)
	require.NoError(t, err)
	require.NotContains(t, string(all), secret)
	require.NotContains(t, string(all), mongotest.Sync.Password())
}
