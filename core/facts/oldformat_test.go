package facts

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
)

// oldFormat starts a server of one member, without users, whose database fx has
// real unique indexes of 4.2's feature compatibility 4.0, brought to 6.0 step by step:
//
//	single, v1       every key in the old format, formats 8 and 6
//	rekeyed          format 8, but every key has been written anew under 4.2
//	two              index u in the old format, index w new under 4.2
//	new_at_42        format 12
//	new_at_60        format 14
func oldFormat(t *testing.T) *mongotest.ReplicaSet {
	rs := mongotest.New(t, mongotest.Options{Version: "4.2.6", NoAuth: true})
	m := old{t, rs.Members()[0]}
	m.setFCV("4.0")
	for name, version := range map[string]int{"single": 2, "rekeyed": 2, "two": 2, "v1": 1} {
		m.createUnique(name, "u", "a", version)
		m.insert(name)
	}
	m.setFCV("4.2")
	for _, by := range []int{1000000, -1000000} { // not one at a time: keys must not meet
		m.run("fx", bson.D{{Key: "update", Value: "rekeyed"}, {Key: "updates", Value: bson.A{bson.D{
			{Key: "q", Value: bson.D{}}, {Key: "u", Value: bson.D{{Key: "$inc", Value: bson.D{{Key: "a", Value: by}}}}},
			{Key: "multi", Value: true}}}}})
	}
	m.createUnique("two", "w", "b", 2)
	m.createUnique("new_at_42", "u", "a", 2)
	m.insert("new_at_42")
	for _, step := range []struct{ version, fcv string }{{"4.4.2", "4.4"}, {"5.0.4", "5.0"}, {"6.0.27", "6.0"}} {
		m.upgrade(step.version, step.fcv)
	}
	m.createUnique("new_at_60", "u", "a", 2)
	m.insert("new_at_60")
	return rs
}

// old is a member that is too old for the driver.
type old struct {
	t *testing.T
	*mongotest.Member
}

func (m old) run(db string, cmd bson.D) bson.Raw {
	m.t.Helper()
	reply, err := m.Command(m.t.Context(), db, cmd)
	require.NoError(m.t, err)
	return reply
}

func (m old) setFCV(version string) {
	m.run("admin", bson.D{{Key: "setFeatureCompatibilityVersion", Value: version}})
}

func (m old) createUnique(coll, name, field string, version int) {
	m.run("fx", bson.D{{Key: "createIndexes", Value: coll}, {Key: "indexes", Value: bson.A{bson.D{
		{Key: "key", Value: bson.D{{Key: field, Value: 1}}}, {Key: "name", Value: name},
		{Key: "unique", Value: true}, {Key: "v", Value: version}}}}})
}

func (m old) insert(coll string) {
	docs := bson.A{}
	for i := range 50 {
		docs = append(docs, bson.D{{Key: "_id", Value: i}, {Key: "a", Value: i}, {Key: "b", Value: i}})
	}
	m.run("fx", bson.D{{Key: "insert", Value: coll}, {Key: "documents", Value: docs}})
}

// upgrade restarts the member with a later version. The old ones wait ten seconds
// for a secondary to take over unless the shutdown is forced.
func (m old) upgrade(version, fcv string) {
	// The server may go away without an answer.
	_, _ = m.Command(m.t.Context(), "admin", bson.D{{Key: "shutdown", Value: 1}, {Key: "force", Value: true}, {Key: "timeoutSecs", Value: 1}})
	eventually(m.t, "the end of the old server", func() bool { return !m.Running() })
	require.NoError(m.t, m.StartVersion(m.t.Context(), version))
	eventually(m.t, "a primary", func() bool {
		primary, _ := m.run("admin", bson.D{{Key: "isMaster", Value: 1}}).Lookup("ismaster").BooleanOK()
		return primary
	})
	m.setFCV(fcv)
}
