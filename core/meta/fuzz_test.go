package meta

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// FuzzRecord reads anything as a record: it is refused, or it is a record that an
// engine can have written and that comes out the same when it is written again.
func FuzzRecord(f *testing.F) {
	for _, r := range seeds() {
		doc, err := encode(r)
		require.NoError(f, err)
		f.Add(doc)
		f.Add(doc[:len(doc)-1])
		for _, change := range []bson.E{{Key: "state", Value: "FAILED"}, {Key: "epoch", Value: "three"}, {Key: "format", Value: 2}, {Key: "step", Value: 99}, {Key: "mapping", Value: nil}} {
			f.Add(changed(f, doc, change))
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := decode(doc)
		if err != nil {
			return
		}
		require.NoError(t, r.Validate())
		require.Equal(t, lifecycle.RecordFormat, r.Format)
		again, err := encode(*r)
		require.NoError(t, err)
		require.NoError(t, sameFields("", doc, again))
		back, err := decode(again)
		require.NoError(t, err)
		require.Equal(t, r, back)
	})
}

// seeds are a record of each state that is stored.
func seeds() (out []lifecycle.Record) {
	base := lifecycle.Record{Format: lifecycle.RecordFormat, SyncID: "s", Revision: 3, Writer: "w",
		Mapping:  lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1},
		Clusters: map[string]string{"cluster0": "a", "cluster1": "b"},
		Options:  lifecycle.Options{Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.AfterDataCopy},
		Position: lifecycle.Position{Token: []byte{5, 0, 0, 0, 0}, Time: lifecycle.OpTime{T: 7, I: 8}}}
	base.ReversePoint = base.Position
	for _, state := range []lifecycle.State{lifecycle.Running, lifecycle.Paused, lifecycle.Committing, lifecycle.Committed, lifecycle.Reversing} {
		r := base
		r.State = state
		out = append(out, r)
	}
	return out
}

// changed is the document with one field set to another value.
func changed(t testing.TB, doc bson.Raw, to bson.E) []byte {
	var d bson.D
	require.NoError(t, bson.Unmarshal(doc, &d))
	for i := range d {
		if d[i].Key == to.Key {
			d[i].Value = to.Value
		}
	}
	out, err := bson.Marshal(d)
	require.NoError(t, err)
	return out
}
