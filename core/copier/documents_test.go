package copier_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
)

// maxDocument is the size of the largest document that a user can store.
const maxDocument = 16 << 20

// TestLargestDocuments copies documents of exactly 16 MB among small ones, one
// of them with an empty timestamp, and one whose _id is too long to be a bound.
func TestLargestDocuments(t *testing.T) {
	w := newWorld(t)
	large := w.src.Database("shop").Collection("large")
	for i := range 3 {
		doc := bson.D{{Key: "_id", Value: i}, {Key: "t", Value: bson.Timestamp{T: 1}}, {Key: "text", Value: ""}}
		frame, err := bson.Marshal(doc)
		require.NoError(t, err)
		doc[2].Value = strings.Repeat("x", maxDocument-len(frame))
		w.insert("shop", "large", doc, bson.D{{Key: "_id", Value: float64(i) + 0.5}})
	}
	_, err := large.UpdateByID(w.ctx(), 1, bson.D{{Key: "$set", Value: bson.D{{Key: "t", Value: bson.Timestamp{}}}}})
	require.NoError(t, err)
	w.insert("shop", "large", bson.D{{Key: "_id", Value: strings.Repeat("y", 100_000)}})
	job := w.copyAll(w.catalog("shop"), copier.Limits{RangeBytes: 20 << 20})
	w.requireEqual("shop", "large", false)
	require.Greater(t, job.Copied(), int64(3*maxDocument))
}

// TestWideDocuments: a document that has grown beyond what an insert can be, for
// its _id is long and an oplog entry holds it twice.
func TestWideDocuments(t *testing.T) {
	w := newWorld(t)
	wide := w.src.Database("shop").Collection("wide")
	for i := range 3 {
		id := strings.Repeat(string(rune('a'+i)), 1<<20)
		w.insert("shop", "wide", bson.D{{Key: "_id", Value: id}, {Key: "t", Value: bson.Timestamp{T: 1}}, {Key: "pad", Value: strings.Repeat("p", 600<<10)}})
		_, err := wide.UpdateByID(w.ctx(), id, bson.D{{Key: "$set", Value: bson.D{
			{Key: "big", Value: strings.Repeat("x", 14<<20)}, {Key: "t", Value: bson.Timestamp{}}, {Key: "zz", Value: i}}}})
		require.NoError(t, err)
		w.insert("shop", "wide", bson.D{{Key: "_id", Value: i}})
	}
	c := w.catalog("shop")
	w.copyAll(c, copier.Limits{})
	w.requireEqual("shop", "wide", false)
	w.copyAll(c, copier.Limits{}) // over what is there
	w.requireEqual("shop", "wide", false)
}

// TestEmptyTimestamps: an insert would put the present time in their place.
func TestEmptyTimestamps(t *testing.T) {
	w := newWorld(t)
	w.capped("log", 1<<20)
	stamp := bson.Timestamp{}
	for _, coll := range []string{"orders", "log"} {
		w.numbered("shop", coll, 50)
		for _, set := range []bson.D{
			{{Key: "first", Value: stamp}, {Key: "deep", Value: bson.D{{Key: "t", Value: stamp}}}, {Key: "z.dot", Value: stamp}},
			{{Key: "other", Value: bson.A{stamp}}, {Key: "symbol", Value: bson.Symbol("$$ROOT")}, {Key: "$dollar", Value: stamp}, {Key: "undefined", Value: bson.Undefined{}}},
		} {
			for _, which := range []bson.D{{{Key: "_id", Value: bson.D{{Key: "$mod", Value: bson.A{5, 1}}}}}, {{Key: "_id", Value: bson.D{{Key: "$gt", Value: 45}}}}} {
				// An update that takes the document as a literal is how one gets there.
				fields := bson.D{{Key: "$replaceWith", Value: bson.D{{Key: "$mergeObjects", Value: bson.A{"$$ROOT", bson.D{{Key: "$literal", Value: set}}}}}}}
				_, err := w.src.Database("shop").Collection(coll).UpdateMany(w.ctx(), which, bson.A{fields})
				require.NoError(t, err)
			}
		}
		w.insert("shop", coll, bson.D{{Key: "_id", Value: stamp}, {Key: "zeros", Value: bson.Binary{Data: make([]byte, 50)}}})
	}
	require.NotEmpty(t, stamped(content(t, w.src, "shop", "orders")))
	w.copyAll(w.relaxed("shop"), copier.Limits{BatchDocuments: 10})
	w.requireEqual("shop", "orders", false)
	w.requireEqual("shop", "log", true)
}

func stamped(docs []string) (out []string) {
	for _, d := range docs {
		if v := bson.Raw(d).Lookup("first"); v.Type == bson.TypeTimestamp {
			if sec, n := v.Timestamp(); sec == 0 && n == 0 {
				out = append(out, d)
			}
		}
	}
	return out
}

// TestWritesWhileCopying: documents that are there all the time arrive, whatever
// happens around them.
func TestWritesWhileCopying(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 1000)
	orders := w.src.Database("shop").Collection("orders")
	job := w.job(w.catalog("shop"), small)
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	done := begin(w.ctx(), job)
	for i := 0; ; i++ {
		select {
		case err := <-done:
			require.NoError(t, err)
			there := map[string]bool{}
			for _, d := range content(t, w.dst, "shop", "orders") {
				there[bson.Raw(d).Lookup("_id").String()] = true
			}
			for i := 1; i < 1000; i += 2 {
				v := bson.RawValue{Type: bson.TypeInt32, Value: []byte{byte(i), byte(i >> 8), 0, 0}}
				require.True(t, there[v.String()], "document %d", i)
			}
			return
		default:
			even := bson.D{{Key: "_id", Value: i * 2 % 1000}}
			_, err := orders.DeleteOne(w.ctx(), even)
			require.NoError(t, err)
			_, err = orders.InsertOne(w.ctx(), bson.D{{Key: "_id", Value: float64(i*2%1000) + 0.5}, {Key: "i", Value: i}})
			require.True(t, err == nil || strings.Contains(err.Error(), "E11000"))
		}
	}
}
