package applier

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// FuzzDelta has a real server update a document, and compares what the applier's
// statement for the change event makes of the old document on another server with
// what the first one has: byte by byte, and again when it is sent twice. The
// arguments are the seeds of a document and of an update; names with dots,
// dollars, digits and none at all are among their fields.
func FuzzDelta(f *testing.F) {
	sets, err := Servers()
	require.NoError(f, err)
	left := sets[0].Client(f, mongotest.Root).Database("fuzz").Collection("delta")
	right := sets[1].Client(f, mongotest.Root).Database("fuzz").Collection("delta")
	to, err := mdb.Connect("destination", sets[1].URI(mongotest.Sync))
	require.NoError(f, err)
	f.Cleanup(to.Close)
	f.Fuzz(func(t *testing.T, docSeed, updateSeed uint64) {
		ctx := t.Context()
		old := randomDocument(rand.New(rand.NewPCG(docSeed, 1)))
		for _, c := range []*mongo.Collection{left, right} {
			_, err := c.DeleteMany(ctx, bson.D{})
			require.NoError(t, err)
			_, err = c.InsertOne(ctx, old)
			require.NoError(t, err)
		}
		update := randomUpdate(rand.New(rand.NewPCG(updateSeed, 2)))
		event, ok := updated(t, left, update)
		if !ok {
			return // the server refuses such an update, or it changes nothing
		}
		for range 2 {
			sendEvent(t, to, event)
			require.Equal(t, rawOf(t, left), rawOf(t, right), "the document %v, updated with %v, event %v", old, update, event)
		}
	})
}

// updated sends the update to the only document and answers its event.
func updated(t *testing.T, c *mongo.Collection, update any) (event bson.Raw, changed bool) {
	t.Helper()
	reply, err := c.Database().RunCommand(t.Context(), bson.D{{Key: "update", Value: c.Name()}, {Key: "updates", Value: bson.A{
		bson.D{{Key: "q", Value: bson.D{}}, {Key: "u", Value: update}}}}}).Raw()
	if n, ok := reply.Lookup("nModified").AsInt64OK(); err != nil || !ok || n == 0 {
		return nil, false
	}
	at := reply.Lookup("operationTime")
	reply, err = c.Database().RunCommand(t.Context(), bson.D{{Key: "aggregate", Value: c.Name()}, {Key: "cursor", Value: bson.D{}},
		{Key: "pipeline", Value: bson.A{bson.D{{Key: "$changeStream", Value: bson.D{
			{Key: "showExpandedEvents", Value: true}, {Key: "showRawUpdateDescription", Value: true}, {Key: "startAtOperationTime", Value: at}}}}}}}).Raw()
	require.NoError(t, err)
	for {
		batch, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
		if batch == nil {
			batch = reply.Lookup("cursor", "nextBatch").Array()
		}
		values, err := batch.Values()
		require.NoError(t, err)
		if len(values) > 0 {
			_ = c.Database().RunCommand(t.Context(), bson.D{{Key: "killCursors", Value: c.Name()}, {Key: "cursors", Value: bson.A{reply.Lookup("cursor", "id")}}})
			return values[0].Document(), true
		}
		reply, err = c.Database().RunCommand(t.Context(), bson.D{{Key: "getMore", Value: reply.Lookup("cursor", "id").Int64()}, {Key: "collection", Value: c.Name()}}).Raw()
		require.NoError(t, err)
	}
}

// sendEvent sends what the applier would.
func sendEvent(t *testing.T, to *mdb.Cluster, event bson.Raw) {
	t.Helper()
	e, err := decode(event)
	require.NoError(t, err)
	o := &op{kind: e.kind, id: e.id}
	if e.kind == update {
		o.deltas = []bson.Raw{e.body}
	} else {
		require.Equal(t, replace, e.kind)
		o.doc = e.body
	}
	var list mdb.Array
	list.Add(appendUpdateOrReplace(nil, o))
	res, err := to.Update(t.Context(), mdb.Write{NS: mdb.Namespace{DB: "fuzz", Coll: "delta"}, Statements: list.Raw()})
	require.NoError(t, err)
	require.Empty(t, res.Errors)
	require.Equal(t, 1, res.N)
}

func rawOf(t *testing.T, c *mongo.Collection) string {
	t.Helper()
	raw, err := c.FindOne(t.Context(), bson.D{}).Raw()
	require.NoError(t, err)
	return raw.String()
}
