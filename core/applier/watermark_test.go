package applier

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// token is a resume token at a time.
func token(t uint32) bson.Raw {
	data := []byte{0x82, 0, 0, 0, byte(t), 0, 0, 0, 0, 0x2b}
	return bson.Raw(bsoncore.BuildDocument(nil, bsoncore.AppendStringElement(nil, "_data", hex.EncodeToString(data))))
}

func marshal(t testing.TB, doc any) bson.Raw {
	raw, err := bson.Marshal(doc)
	require.NoError(t, err)
	return raw
}

// eventAt is an event at a time.
func eventAt(t testing.TB, at uint32, operation string) bson.Raw {
	return marshal(t, bson.D{
		{Key: "_id", Value: token(at)}, {Key: "operationType", Value: operation}, {Key: "clusterTime", Value: bson.Timestamp{T: at}},
		{Key: "collectionUUID", Value: bson.Binary{Subtype: 4, Data: []byte("0123456789abcdef")}},
		{Key: "ns", Value: bson.D{{Key: "db", Value: "d"}, {Key: "coll", Value: "c"}}},
		{Key: "documentKey", Value: bson.D{{Key: "_id", Value: at}}},
	})
}

// replyOf has one event for each time, and a token.
func replyOf(t testing.TB, after uint32, times ...uint32) *reply {
	var docs mdb.Array
	for _, at := range times {
		docs.Add(eventAt(t, at, "delete"))
	}
	r, err := newReply(&mdb.Batch{Docs: docs.Raw(), ResumeToken: token(after)}, openBytes)
	require.NoError(t, err)
	return r
}

func add(t testing.TB, w *watermark, r *reply) {
	require.NoError(t, w.add(t.Context(), r))
}

func TestWatermark(t *testing.T) {
	w := newWatermark(lifecycle.Position{Time: lifecycle.OpTime{T: 1}}, openBytes)
	at := func() int { return int(w.position().Time.T) }
	require.Equal(t, 1, at())
	add(t, w, replyOf(t, 5))
	require.Equal(t, 5, at(), "a reply without events moves it")
	add(t, w, replyOf(t, 20, 6, 7, 8))
	add(t, w, replyOf(t, 30))
	require.Equal(t, 5, at(), "what comes later does not")
	w.done(1)
	require.Equal(t, 5, at(), "the first is open")
	w.done(0)
	require.Equal(t, 7, at())
	require.Equal(t, []byte(token(7)), w.position().Token)
	add(t, w, replyOf(t, 40, 31))
	w.done(2)
	require.Equal(t, 30, at(), "behind the reply without events too")
	w.done(3)
	require.Equal(t, 40, at())
	_, replies, events, bytes := w.look()
	require.Zero(t, replies)
	require.Zero(t, events)
	require.Zero(t, bytes)
}

// TestWatermarkInAnyOrder marks events in random order and compares with what
// a walk over all of them says.
func TestWatermarkInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		w := newWatermark(lifecycle.Position{}, openBytes)
		var times []uint32
		after := map[int]uint32{} // the token's time behind that many events
		now := uint32(1)
		for range 1 + random.IntN(6) {
			var own []uint32
			for range random.IntN(5) {
				own = append(own, now)
				now++
			}
			times = append(times, own...)
			add(t, w, replyOf(t, now, own...))
			after[len(times)] = now
			now++
		}
		done := make([]bool, len(times))
		order := random.Perm(len(times))
		for len(order) > 0 {
			n := 1 + random.IntN(len(order))
			var numbers []int64
			for _, i := range order[:n] {
				done[i] = true
				numbers = append(numbers, int64(i))
			}
			order = order[n:]
			w.done(numbers...)
			low := 0
			for low < len(done) && done[low] {
				low++
			}
			want := after[low]
			if want == 0 && low > 0 {
				want = times[low-1]
			}
			require.Equal(t, want, w.position().Time.T)
		}
	}
}

func positionAt(at uint32) lifecycle.Position {
	return lifecycle.Position{Token: token(at), Time: lifecycle.OpTime{T: at}}
}

// TestWatermarkLetsGo marks events in random order, some of which wait and were
// copied out of their replies: the position never passes an open event and never
// goes back, an event in line has its own position, and bytes are there only for
// replies that are needed.
func TestWatermarkLetsGo(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		w := newWatermark(lifecycle.Position{}, openBytes)
		now, total := uint32(1), 0
		at := map[int]uint32{} // the time of each event
		for range 1 + random.IntN(6) {
			var own []uint32
			for range random.IntN(5) {
				at[total] = now
				own = append(own, now)
				now++
				total++
			}
			add(t, w, replyOf(t, now, own...))
			now++
		}
		var late, soon []int
		for _, n := range random.Perm(total) {
			if random.IntN(3) > 0 {
				soon = append(soon, n)
				continue
			}
			late = append(late, n)
			w.holds(int64(n))
			w.remembers(int64(n), positionAt(at[n-1]), positionAt(at[n]))
		}
		done, before := make([]bool, total), uint32(0)
		low := func() (n int) {
			for n < total && done[n] {
				n++
			}
			return n
		}
		mark := func(n int) {
			done[n] = true
			w.done(int64(n))
			p := w.position().Time.T
			require.GreaterOrEqual(t, p, before)
			if next := low(); next < total {
				require.Less(t, p, at[next])
				if slices.Contains(late, next) && next > 0 {
					require.GreaterOrEqual(t, p, at[next-1], "all before an event in line is done")
				}
			}
			before = p
		}
		for _, n := range soon {
			mark(n)
		}
		_, _, _, bytes := w.look()
		require.Zero(t, bytes, "only events that were copied are open")
		slices.Sort(late)
		for _, n := range late {
			mark(n)
			if low() == n+1 {
				require.GreaterOrEqual(t, before, at[n], "it has its own position")
			}
		}
		p, replies, events, _ := w.look()
		require.Zero(t, replies)
		require.Zero(t, events)
		require.Equal(t, now-1, p.Time.T)
		require.True(t, w.room.TryAcquire(openBytes), "all room is free again")
		require.Empty(t, w.copied)
		require.Empty(t, w.known)
	}
}

func TestWatermarkBoundsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := replyOf(t, 2, 1), replyOf(t, 4, 3)
		w := newWatermark(lifecycle.Position{}, first.weight+second.weight-1)
		add(t, w, first)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, w.add(short, second), context.DeadlineExceeded)
		added := make(chan error, 1)
		go func() { added <- w.add(t.Context(), second) }()
		synctest.Wait()
		require.Empty(t, added)
		w.done(0)
		require.NoError(t, <-added)
	})
}

func TestWatermarkReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatermark(lifecycle.Position{}, openBytes)
		add(t, w, replyOf(t, 4, 1, 2, 3))
		reached := make(chan error, 1)
		go func() { reached <- w.reached(t.Context(), 2) }()
		w.done(1)
		synctest.Wait()
		require.Empty(t, reached)
		w.done(0)
		require.NoError(t, <-reached)
		gone, cancel := context.WithCancelCause(t.Context())
		cancel(ErrAbandoned)
		require.ErrorIs(t, w.reached(gone, 3), ErrAbandoned)
	})
}
