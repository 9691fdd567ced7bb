package schema_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// veteran is a server that began as 4.2 under feature compatibility 4.0 and was
// upgraded step by step; the driver refuses it until 4.4.
type veteran struct {
	t *testing.T
	*mongotest.Member
}

func (m veteran) run(db, command string) bson.Raw {
	m.t.Helper()
	reply, err := m.Command(m.t.Context(), db, doc(m.t, command))
	require.NoError(m.t, err, command)
	return reply
}

func (m veteran) upgrade(version, fcv string) {
	m.t.Helper()
	// The server may go away without an answer.
	_, _ = m.Command(m.t.Context(), "admin", doc(m.t, `{shutdown: 1, force: true, timeoutSecs: 1}`))
	wait := func(what string, done func() bool) {
		m.t.Helper()
		require.Eventually(m.t, done, time.Minute, 10*time.Millisecond, what)
	}
	wait("the end of the old server", func() bool { return !m.Running() })
	require.NoError(m.t, m.StartVersion(m.t.Context(), version))
	wait("a primary", func() bool {
		reply, err := m.Command(m.t.Context(), "admin", doc(m.t, `{isMaster: 1}`))
		if err != nil {
			return false
		}
		primary, _ := reply.Lookup("ismaster").BooleanOK()
		return primary
	})
	m.run("admin", fmt.Sprintf(`{setFeatureCompatibilityVersion: %q}`, fcv))
}

// oldIndexes answers a 6.0 server with indexes made under 4.0, in collections
// that tell what became of their keys.
func oldIndexes(t *testing.T) *mongotest.ReplicaSet {
	rs := mongotest.New(t, mongotest.Options{Version: "4.2.6", NoAuth: true})
	m := veteran{t, rs.Members()[0]}
	m.run("admin", `{setFeatureCompatibilityVersion: "4.0"}`)
	fill := func(coll string) {
		m.run("fx", fmt.Sprintf(`{insert: %q, documents: [{_id: 1, a: 1, b: 1}, {_id: 2, a: 2, b: 2}, {_id: 3, a: 3, b: 3}]}`, coll))
	}
	create := func(coll, name, field, more string) {
		m.run("fx", fmt.Sprintf(`{createIndexes: %q, indexes: [{key: {%s: 1}, name: %q%s}]}`, coll, field, name, more))
	}
	for _, coll := range []string{"old", "v1", "rekeyed", "half"} {
		version := 2
		if coll == "v1" {
			version = 1
		}
		create(coll, "u", "a", fmt.Sprintf(", unique: true, v: %d", version))
		fill(coll)
	}
	create("plain", "u", "a", "")
	fill("plain")
	m.run("admin", `{setFeatureCompatibilityVersion: "4.2"}`)
	for _, by := range []int{100, -100} {
		m.run("fx", fmt.Sprintf(`{update: "rekeyed", updates: [{q: {}, u: {"$inc": {a: %d}}, multi: true}]}`, by))
	}
	create("half", "w", "b", ", unique: true")
	create("new", "u", "a", ", unique: true")
	fill("new")
	for _, step := range [][2]string{{"4.4.2", "4.4"}, {"5.0.4", "5.0"}, {"6.0.27", "6.0"}} {
		m.upgrade(step[0], step[1])
	}
	m.run("fx", `{collMod: "plain", index: {name: "u", prepareUnique: true}}`)
	m.run("fx", `{collMod: "plain", index: {name: "u", unique: true}}`)
	return rs
}

// Indexes with old keys are refused by name before anything is changed; those
// that only look old are not.
func TestRelaxRefusesOldKeys(t *testing.T) {
	_, dest := pair(t)
	rs := oldIndexes(t)
	c, err := mdb.Connect("veteran", rs.URI(mongotest.Nobody))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	old := side{t: t, c: c, root: rs.Client(t, mongotest.Nobody)}
	first := open(t, dest, 0)
	require.NoError(t, first.Adopt(t.Context(), snapshot(t, old), false))

	original := old.shape()
	next, err := first.HandOver(t.Context(), c, 1)
	require.NoError(t, err)
	err = next.Relax(t.Context())
	for _, text := range []string{"fx.old: u", "fx.v1: u", "fx.half: u"} {
		require.ErrorContains(t, err, text)
	}
	for _, text := range []string{"fx.rekeyed", "fx.new", "fx.plain", "u, w"} {
		require.NotContains(t, err.Error(), text)
	}
	require.Equal(t, mdb.Permanent, mdb.ClassOf(err))
	require.Equal(t, original, old.shape())

	for _, coll := range []string{"old", "v1", "half"} { // the cure that the error names
		old.run("fx", fmt.Sprintf(`{dropIndexes: %q, index: "u"}`, coll))
		old.run("fx", fmt.Sprintf(`{createIndexes: %q, indexes: [{key: {a: 1}, name: "u", unique: true}]}`, coll))
	}
	rebuilt := old.shape()
	require.NoError(t, next.Relax(t.Context()))
	requireRelaxed(t, old)
	require.NoError(t, next.Unrelax(t.Context()))
	require.Equal(t, rebuilt, old.shape())
	for _, coll := range []string{"old", "v1", "half", "rekeyed", "new", "plain"} {
		valid := old.run("fx", fmt.Sprintf(`{validate: %q, full: true}`, coll))
		require.True(t, valid.Lookup("valid").Boolean(), "%s: %s", coll, valid)
	}
}
