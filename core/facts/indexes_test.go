package facts

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/oldformat"
	"github.com/revsync/revsync/sdk"
)

// One member, all kinds of collections: only what is unique and takes part is
// counted, only what its format does not clear is listed.
func TestWhichIndexesAreLookedAt(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{})
	createUnique(t, rs, "clean", "a.b_1", "a.b")
	createUnique(t, rs, "Ünïcode", "é", "x")
	createConverted(t, rs, "converted", "u", "a")
	for _, cmd := range []bson.D{
		{{Key: "create", Value: "clustered"}, {Key: "clusteredIndex", Value: bson.D{{Key: "key", Value: bson.D{{Key: "_id", Value: 1}}}, {Key: "unique", Value: true}}}},
		{{Key: "create", Value: "series"}, {Key: "timeseries", Value: bson.D{{Key: "timeField", Value: "t"}}}},
		{{Key: "create", Value: "view"}, {Key: "viewOn", Value: "clean"}, {Key: "pipeline", Value: bson.A{}}},
		{{Key: "createIndexes", Value: "plain"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "a", Value: 1}}}, {Key: "name", Value: "n"}}}}},
	} {
		admin(t, rs, "app", cmd)
	}
	admin(t, rs, "revsync_internal", bson.D{{Key: "createIndexes", Value: "own"}, {Key: "indexes", Value: bson.A{bson.D{
		{Key: "key", Value: bson.D{{Key: "a", Value: 1}}}, {Key: "name", Value: "n"}, {Key: "unique", Value: true}}}}})

	found := indexesOf(t, connected(t, "cluster0", rs, mongotest.Sync))
	require.True(t, found.Known, found.Error)
	require.Len(t, found.Members, 1)
	m := found.Members[0]
	require.Len(t, m.Suspects, 1)
	require.Len(t, m.Suspects[0].CollectionUUID, 36)
	require.Equal(t, sdk.MemberIndexes{
		Host: rs.Hosts()[0], State: "PRIMARY", Known: true, Checked: 3,
		Suspects: []sdk.UniqueIndex{{
			Namespace: "app.converted", Name: "u", CollectionUUID: m.Suspects[0].CollectionUUID, Key: json.RawMessage(`{"a":1}`),
			FormatVersion: 8, Validated: true, // collMod leaves the old number under clean keys
		}},
	}, m)
}

// What is wrong with one index is told of that one. Here it keeps the key of a
// document that was deleted.
func TestDamagedIndex(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{})
	createConverted(t, rs, "c", "u", "a")
	addConverted(t, rs, "c", "w", "b")
	admin(t, rs, "admin", bson.D{{Key: "configureFailPoint", Value: "skipUnindexingDocumentWhenDeleted"}, {Key: "mode", Value: "alwaysOn"},
		{Key: "data", Value: bson.D{{Key: "indexName", Value: "u"}}}})
	admin(t, rs, "app", bson.D{{Key: "delete", Value: "c"}, {Key: "deletes", Value: bson.A{bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: 2}}}, {Key: "limit", Value: 1}}}}, majority})
	found := indexesOf(t, connected(t, "cluster0", rs, mongotest.Sync))
	require.Len(t, found.Members, 1)
	require.Len(t, found.Members[0].Suspects, 2)
	u, w := found.Members[0].Suspects[0], found.Members[0].Suspects[1]
	require.True(t, u.Validated, u.ValidateError)
	require.Equal(t, []string{"Index with name 'u' has inconsistencies."}, u.ValidateWarnings)
	require.True(t, w.Validated, w.ValidateError)
	require.Empty(t, w.ValidateWarnings)
}

// A suspect that cannot be validated stays a suspect.
func TestValidateThatDoesNotRun(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{})
	createConverted(t, rs, "c", "u", "a")
	require.NoError(t, rs.AddUser(t.Context(), "watcher", "clusterMonitor", "readAnyDatabase"))
	suspect := func(user mongotest.User) sdk.UniqueIndex {
		found := indexesOf(t, connected(t, "cluster0", rs, user))
		require.True(t, found.Known, found.Error)
		require.Len(t, found.Members, 1)
		require.True(t, found.Members[0].Known, found.Members[0].Error)
		require.Len(t, found.Members[0].Suspects, 1)
		return found.Members[0].Suspects[0]
	}
	ix := suspect("watcher")
	require.False(t, ix.Validated)
	require.Equal(t, 8, ix.FormatVersion)
	require.Contains(t, ix.ValidateError, "not authorized")

	failValidate(t, rs, bson.D{{Key: "errorCode", Value: 50}})
	ix = suspect(mongotest.Sync)
	require.False(t, ix.Validated)
	require.Contains(t, ix.ValidateError, "MaxTimeMSExpired")

	failValidate(t, rs, bson.D{{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 60000}})
	begin := time.Now()
	found := Collect(t.Context(), Input{Source: connected(t, "cluster0", rs, mongotest.Sync), IndexesOf: []sdk.Role{sdk.RoleSource},
		Families: []string{sdk.FactUniqueIndexes}, IndexTime: 2 * time.Second}).UniqueIndexes.Source
	require.Less(t, time.Since(begin), 20*time.Second)
	require.Len(t, found.Members, 1)
	require.Len(t, found.Members[0].Suspects, 1)
	require.False(t, found.Members[0].Suspects[0].Validated)
	require.Regexp(t, "not finished within 2s|MaxTimeMSExpired", found.Members[0].Suspects[0].ValidateError)
}

func failValidate(t *testing.T, rs *mongotest.ReplicaSet, how bson.D) {
	t.Helper()
	admin(t, rs, "admin", bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: bson.D{{Key: "times", Value: 1}}},
		{Key: "data", Value: append(bson.D{{Key: "failCommands", Value: bson.A{"validate"}}}, how...)}})
}

// Three members, one of them hidden and an hour behind: each is asked by itself,
// and a dead one is unknown by name.
func TestEveryMemberIsAsked(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{Members: 3})
	createConverted(t, rs, "c", "u", "a")
	createUnique(t, rs, "d", "u", "a")
	primary, err := rs.Primary(t.Context())
	require.NoError(t, err)
	hidden, other := others(rs, primary)
	hide(t, rs, hidden)
	c := connected(t, "cluster0", rs, mongotest.Sync)

	byHost := map[string]sdk.MemberIndexes{}
	found := indexesOf(t, c)
	require.True(t, found.Known, found.Error)
	require.Len(t, found.Members, 3)
	for _, m := range found.Members {
		require.True(t, m.Known, m.Error)
		byHost[m.Host] = m
	}
	for _, m := range rs.Members() {
		got := byHost[m.Host()]
		require.Equal(t, 2, got.Checked, m.Host())
		require.Len(t, got.Suspects, 1, m.Host())
		require.Equal(t, "app.c", got.Suspects[0].Namespace)
		require.True(t, got.Suspects[0].Validated, got.Suspects[0].ValidateError)
		require.Empty(t, got.Suspects[0].ValidateWarnings)
	}
	require.Equal(t, "SECONDARY", byHost[hidden.Host()].State)

	require.NoError(t, other.Kill())
	f := Collect(t.Context(), Input{Source: c, IndexesOf: []sdk.Role{sdk.RoleSource}})
	require.True(t, f.UniqueIndexes.Source.Known, f.UniqueIndexes.Source.Error)
	require.Len(t, f.UniqueIndexes.Source.Members, 3)
	for _, m := range f.UniqueIndexes.Source.Members {
		require.Equal(t, m.Host != other.Host(), m.Known, "%s: %s", m.Host, m.Error)
		if !m.Known {
			require.Contains(t, m.Error, other.Host())
			require.Empty(t, m.Suspects)
		}
	}
	require.True(t, f.Versions.Source.Known, f.Versions.Source.Error)
	require.Len(t, f.Versions.Source.Members, 3)
	for _, m := range f.Versions.Source.Members {
		require.Equal(t, m.Host != other.Host(), m.Known, "%s: %s", m.Host, m.Error)
	}
	checkHidden(t, f.Topology.Source, hidden.Host())
}

func checkHidden(t *testing.T, top sdk.Topology, host string) {
	t.Helper()
	require.True(t, top.Known, top.Error)
	require.Len(t, top.Members, 3)
	for _, m := range top.Members {
		if m.Host == host {
			require.Equal(t, sdk.Member{Host: host, State: "SECONDARY", Hidden: true, BuildIndexes: true, Votes: 1, SecondaryDelaySecs: 3600}, m)
		} else {
			require.False(t, m.Hidden)
		}
	}
}

func others(rs *mongotest.ReplicaSet, primary *mongotest.Member) (first, second *mongotest.Member) {
	for _, m := range rs.Members() {
		switch {
		case m == primary:
		case first == nil:
			first = m
		default:
			second = m
		}
	}
	return first, second
}

// hide makes a member hidden and an hour late, when it has all there is now.
func hide(t *testing.T, rs *mongotest.ReplicaSet, m *mongotest.Member) {
	t.Helper()
	admin(t, rs, "app", bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: bson.A{bson.D{{Key: "a", Value: 3}}}},
		{Key: "writeConcern", Value: bson.D{{Key: "w", Value: 3}}}})
	var reply struct{ Config bson.D }
	require.NoError(t, bson.Unmarshal(admin(t, rs, "admin", bson.D{{Key: "replSetGetConfig", Value: 1}}), &reply))
	config := reply.Config
	for i, e := range config {
		if e.Key == "version" {
			config[i].Value = e.Value.(int32) + 1
		}
		if e.Key != "members" {
			continue
		}
		for _, member := range e.Value.(bson.A) {
			fields := member.(bson.D)
			late := false
			for _, f := range fields {
				late = late || f.Key == "host" && f.Value == m.Host()
			}
			for j := range fields {
				switch {
				case !late:
				case fields[j].Key == "hidden":
					fields[j].Value = true
				case fields[j].Key == "priority":
					fields[j].Value = 0
				case fields[j].Key == "secondaryDelaySecs":
					fields[j].Value = int64(3600)
				}
			}
		}
	}
	admin(t, rs, "admin", bson.D{{Key: "replSetReconfig", Value: config}})
}

func TestIndexesInTheOldFormat(t *testing.T) {
	t.Parallel()
	rs := oldformat.New(t, mongotest.Options{Version: "6.0.27"}) // 6.0.5 would not survive what comes last
	found := indexesOf(t, connected(t, "cluster0", rs, mongotest.Sync))
	require.True(t, found.Known, found.Error)
	require.Len(t, found.Members, 1)
	requireOld(t, found.Members[0])

	// After forceNonUnique the server cannot read the old keys, and says so in a reply that claims to be valid.
	direct := connected(t, "cluster0", rs, mongotest.Sync)
	_, err := direct.Run(t.Context(), "fx", bson.D{{Key: "collMod", Value: "single"}, {Key: "index", Value: bson.D{
		{Key: "name", Value: "u"}, {Key: "forceNonUnique", Value: true}}}})
	require.NoError(t, err)
	v, err := validate(t.Context(), direct, mdb.Namespace{DB: "fx", Coll: "single"})
	require.NoError(t, err)
	require.Contains(t, v.unfinished("u"), "exception during collection validation: Location8273001")
}

// requireOld compares what a member says with what its data is.
func requireOld(t *testing.T, m sdk.MemberIndexes) {
	t.Helper()
	require.True(t, m.Known, m.Error)
	require.Equal(t, len(oldformat.Indexes), m.Checked)
	type seen struct {
		ns, name  string
		format    int
		validated bool
		old       bool
	}
	var want, got []seen
	for _, ix := range oldformat.Indexes {
		if ix.Format < 11 {
			want = append(want, seen{"fx." + ix.Collection, ix.Name, ix.Format, true, ix.Old})
		}
	}
	for _, ix := range m.Suspects {
		require.Empty(t, ix.ValidateError)
		got = append(got, seen{ix.Namespace, ix.Name, ix.FormatVersion, ix.Validated, len(ix.ValidateWarnings) > 0})
		for _, w := range ix.ValidateWarnings {
			require.Contains(t, w, "has one or more keys in the old format")
		}
	}
	require.Equal(t, want, got)
}

// A clean primary over an old secondary: only the one that is asked directly tells.
func TestOldSecondaryUnderACleanPrimary(t *testing.T) {
	t.Parallel()
	rs := oldformat.New(t, mongotest.Options{Members: 3})
	require.NoError(t, rs.StepDown(t.Context()))
	primary, err := rs.Primary(t.Context())
	require.NoError(t, err)
	old := rs.Hosts()[0]
	require.NotEqual(t, old, primary.Host())
	found := indexesOf(t, connected(t, "cluster0", rs, mongotest.Sync))
	require.True(t, found.Known, found.Error)
	require.Len(t, found.Members, 3)
	for _, m := range found.Members {
		require.True(t, m.Known, m.Error)
		if m.Host == old {
			requireOld(t, m)
			continue
		}
		require.Equal(t, len(oldformat.Indexes), m.Checked)
		require.Empty(t, m.Suspects, "%s was made by an initial sync", m.Host)
	}
}
