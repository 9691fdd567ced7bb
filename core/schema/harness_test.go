package schema_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/schema"
)

// sets are two replica sets of one member that all tests use one after the other.
var sets [2]*mongotest.ReplicaSet

func TestMain(m *testing.M) {
	code := 1
	if err := startSets(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	for _, rs := range sets {
		if rs != nil {
			_ = rs.Remove() // the servers die with this process in any case
		}
	}
	os.Exit(code)
}

func startSets() error {
	var group errgroup.Group
	for i := range sets {
		group.Go(func() (err error) {
			sets[i], err = mongotest.Start(context.Background(), mongotest.Options{Name: fmt.Sprintf("rs-%d", i)})
			return err
		})
	}
	return group.Wait()
}

// side is one cluster of a test: how the engine sees it, and how the test does.
type side struct {
	t    *testing.T
	c    *mdb.Cluster
	root *mongo.Client
}

// pair answers two empty clusters.
func pair(t *testing.T) (source, dest side) {
	t.Helper()
	source, dest = sideOf(t, "source", sets[0]), sideOf(t, "destination", sets[1])
	source.clear()
	dest.clear()
	return source, dest
}

func sideOf(t *testing.T, name string, rs *mongotest.ReplicaSet) side {
	t.Helper()
	c, err := mdb.Connect(name, rs.URI(mongotest.Sync))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return side{t: t, c: c, root: rs.Client(t, mongotest.Root)}
}

// clear drops all user databases and takes the write block away.
func (s side) clear() {
	s.t.Helper()
	s.fence(false)
	names, err := s.root.ListDatabaseNames(s.t.Context(), bson.D{})
	require.NoError(s.t, err)
	for _, n := range names {
		if mdb.UserDB(n) || n == mdb.MetadataDB {
			require.NoError(s.t, s.root.Database(n).Drop(s.t.Context()))
		}
	}
}

func (s side) fence(on bool) {
	s.t.Helper()
	s.run("admin", fmt.Sprintf(`{setUserWriteBlockMode: 1, global: %v}`, on))
}

var bareKey = regexp.MustCompile(`([{,]\s*)([A-Za-z_][A-Za-z0-9_.]*):`)

// doc reads JSON whose keys need no quotes.
func doc(t *testing.T, text string) bson.D {
	t.Helper()
	var d bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(bareKey.ReplaceAllString(text, `$1"$2":`)), false, &d), text)
	return d
}

func document(t *testing.T, b bson.Raw) bson.D {
	t.Helper()
	var d bson.D
	require.NoError(t, bson.Unmarshal(b, &d))
	return d
}

func raw(t *testing.T, text string) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(doc(t, text))
	require.NoError(t, err)
	return b
}

// run sends a command as root.
func (s side) run(db, command string) bson.Raw {
	s.t.Helper()
	reply, err := s.root.Database(db).RunCommand(s.t.Context(), doc(s.t, command)).Raw()
	require.NoError(s.t, err, command)
	return reply
}

func (s side) uuid(db, coll string) schema.UUID {
	s.t.Helper()
	reply := s.run(db, fmt.Sprintf(`{listCollections: 1, filter: {name: %q}}`, coll))
	u, ok := schema.UUIDOf(reply.Lookup("cursor", "firstBatch", "0", "info", "uuid"))
	require.True(s.t, ok, "no collection %s.%s", db, coll)
	return u
}

func (s side) exists(db, coll string) bool {
	s.t.Helper()
	reply := s.run(db, fmt.Sprintf(`{listCollections: 1, filter: {name: %q}}`, coll))
	return !reply.Lookup("cursor", "firstBatch", "0").IsZero()
}

func (s side) names(db string) []string {
	s.t.Helper()
	names, err := s.root.Database(db).ListCollectionNames(s.t.Context(), bson.D{})
	require.NoError(s.t, err)
	out := []string{}
	for _, n := range names {
		if n != "system.views" {
			out = append(out, n)
		}
	}
	return out
}

// index is one index as the server shows it, field by field.
func (s side) index(db, coll, name string) map[string]string {
	s.t.Helper()
	return s.indexes(db, coll)[name]
}

func (s side) indexes(db, coll string) map[string]map[string]string {
	s.t.Helper()
	cur, err := s.root.Database(db).Collection(coll).Indexes().List(s.t.Context())
	require.NoError(s.t, err)
	var specs []bson.D
	require.NoError(s.t, cur.All(s.t.Context(), &specs))
	out := map[string]map[string]string{}
	for _, spec := range specs {
		f := fieldsOf(s.t, spec)
		out[f["name"]] = f
	}
	return out
}

// fieldsOf forgets the order of top-level fields and the types of numbers, and
// nothing else.
func fieldsOf(t *testing.T, d bson.D) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, e := range d {
		text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: e.Value}}, false, false)
		require.NoError(t, err)
		out[e.Key] = string(text)
		if s, ok := e.Value.(string); ok {
			out[e.Key] = s
		}
	}
	return out
}

// shape is all that a server tells about its user collections and views, UUIDs
// and the engine's metadata apart.
func (s side) shape() map[string]any {
	s.t.Helper()
	out := map[string]any{}
	dbs, err := s.root.ListDatabaseNames(s.t.Context(), bson.D{})
	require.NoError(s.t, err)
	for _, db := range dbs {
		if !mdb.UserDB(db) {
			continue
		}
		cur, err := s.root.Database(db).ListCollections(s.t.Context(), bson.D{})
		require.NoError(s.t, err)
		var all []struct {
			Name, Type string
			Options    bson.D
			IDIndex    bson.D `bson:"idIndex"`
		}
		require.NoError(s.t, cur.All(s.t.Context(), &all))
		for _, x := range all {
			if x.Name == "system.views" {
				continue
			}
			entry := map[string]any{"type": x.Type, "options": fieldsOf(s.t, x.Options), "id": fieldsOf(s.t, x.IDIndex)}
			if x.Type == "collection" {
				entry["indexes"] = s.indexes(db, x.Name)
			}
			out[db+"."+x.Name] = entry
		}
	}
	return out
}

func snapshot(t *testing.T, s side) schema.Source {
	t.Helper()
	src, err := schema.Snapshot(t.Context(), s.c, nil, mdb.Quiet)
	require.NoError(t, err)
	return src
}

func open(t *testing.T, s side, epoch int) *schema.Catalog {
	t.Helper()
	c, err := schema.OpenCatalog(t.Context(), s.c, epoch)
	require.NoError(t, err)
	return c
}

// adopted is a catalog after an initial schema copy of all there is, indexes built.
func adopted(t *testing.T, source, dest side) *schema.Catalog {
	t.Helper()
	c := open(t, dest, 0)
	require.NoError(t, c.Adopt(t.Context(), snapshot(t, source), false))
	for _, e := range c.Collections() {
		require.NoError(t, c.BuildIndexes(t.Context(), e.Source))
	}
	return c
}

// changing are the commands with which the engine changes something.
var changing = bson.A{"create", "drop", "renameCollection", "collMod", "createIndexes", "dropIndexes", "insert", "update", "delete"}

// stopAfter lets n changing commands of the engine pass and refuses all later ones.
func (s side) stopAfter(n int) {
	s.t.Helper()
	err := s.root.Database("admin").RunCommand(s.t.Context(), bson.D{
		{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: bson.D{{Key: "skip", Value: n}}},
		{Key: "data", Value: bson.D{{Key: "failCommands", Value: changing}, {Key: "errorCode", Value: 8000}, {Key: "appName", Value: mdb.AppName}}},
	}).Err()
	require.NoError(s.t, err)
}

func (s side) goOn() {
	s.t.Helper()
	s.run("admin", `{configureFailPoint: "failCommand", mode: "off"}`)
}

// maxCommands is more than any tested operation sends.
const maxCommands = 60
