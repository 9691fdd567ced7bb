package main

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// tiny is a bench with hardly any data, and its source filled.
func tiny(t *testing.T) *bench {
	b := &bench{settings: settings{
		plan:    plan{small: 4_000, medium: 200, large: 1, live: 2_000, ops: 2_000, writers: 2},
		cacheGB: 0.5, oplogMB: 256,
	}, dir: t.TempDir(), log: io.Discard, turns: map[string][]figures{}}
	require.NoError(t, b.prepareSource(t.Context()))
	t.Cleanup(func() { require.NoError(t, b.close()) })
	return b
}

func TestRawLoopsCopyAndFollow(t *testing.T) {
	t.Parallel()
	b := tiny(t)
	require.NoError(t, b.turn(t.Context(), 1, rawName))
	require.NoError(t, b.turn(t.Context(), 2, rawName))
	turns := b.turns[rawName]
	require.Len(t, turns, 2)
	require.EqualValues(t, 4_000+200+1+2_000+1, turns[0].docs)
	require.EqualValues(t, 2_000, turns[0].ops)
	require.Greater(t, turns[0].events, int64(1_500))
	require.Equal(t, turns[0].events, turns[1].events, "every turn has the same changes")
	require.Equal(t, turns[0].bytes, turns[1].bytes, "every turn has the same data")
	require.Positive(t, turns[0].drain)
}

// damages are ways in which a copy can be incomplete.
var damages = map[string]func(t *testing.T, data, live *mongo.Database){
	"data.small_string has 299 documents; the source has 300": func(t *testing.T, data, _ *mongo.Database) {
		_, err := data.Collection("small_string").DeleteOne(t.Context(), bson.D{})
		require.NoError(t, err)
	},
	"live.orders has 1001 documents; the source has 1000": func(t *testing.T, _, live *mongo.Database) {
		_, err := live.Collection("orders").InsertOne(t.Context(), bson.D{{Key: "code", Value: "one too many"}})
		require.NoError(t, err)
	},
	"data.medium has the same number of documents as the source (200), but not the same ones": func(t *testing.T, data, _ *mongo.Database) {
		_, err := data.Collection("medium").UpdateOne(t.Context(), byID(int64(7)), bson.D{{Key: "$inc", Value: bson.D{{Key: "price", Value: 0.01}}}})
		require.NoError(t, err)
	},
	"data.large is missing": func(t *testing.T, data, _ *mongo.Database) {
		require.NoError(t, data.Collection("large").Drop(t.Context()))
	},
	"index data.small_int at_1 is missing": func(t *testing.T, data, _ *mongo.Database) {
		require.NoError(t, data.Collection("small_int").Indexes().DropOne(t.Context(), "at_1"))
	},
}

func TestComparisonFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := tiny(t)
	before, err := b.resetSource(t.Context())
	require.NoError(t, err)
	require.Len(t, before, len(liveColls)+1)
	destination, err := b.startSide(t.Context(), "damaged")
	require.NoError(t, err)
	defer func() { require.NoError(t, destination.remove()) }()
	loops := &rawLoops{}
	require.NoError(t, loops.prepare(t.Context(), b.source, destination, func(err error) { t.Error(err) }))
	defer func() { require.NoError(t, loops.close()) }()
	require.NoError(t, loops.copy(t.Context()))
	require.NoError(t, b.compare(t.Context(), destination))
	require.NoError(t, b.compareIndexes(t.Context(), destination))

	for _, damage := range damages {
		damage(t, destination.client.Database(dataDB), destination.client.Database(liveDB))
	}
	found := errors.Join(b.compare(t.Context(), destination), b.compareIndexes(t.Context(), destination))
	for want := range damages {
		require.ErrorContains(t, found, want)
	}
}

func TestDocumentsHaveTheirSize(t *testing.T) {
	t.Parallel()
	for _, s := range fullPlan.shapes() {
		for _, i := range []uint64{0, 999} {
			doc := bson.Raw(s.document(nil, i))
			require.NoError(t, doc.Validate())
			require.InDelta(t, s.bytes, len(doc), 2, s.coll)
			require.Equal(t, []byte(doc), s.document(nil, i), "the same document every time")
		}
	}
	require.InDelta(t, 1e9, float64(fullPlan.bytes()), 0.05e9)
	require.InDelta(t, 1e8, float64(shortPlan.bytes()), 0.15e8)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"-rounds", "3", "-short", "-ops", "100000"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, shortPlan.small, s.small)
	require.Equal(t, 100_000, s.ops, "a flag wins over -short wherever it stands")
	require.Equal(t, 3, s.rounds)
	require.Equal(t, time.Hour, s.timeout)
	for _, bad := range []string{"-ops=1", "-writers=0", "-rounds=0", "-small=-1", "-live=1", "-nonsense", "word"} {
		_, err := parse([]string{bad}, io.Discard)
		require.Error(t, err, bad)
	}
}
