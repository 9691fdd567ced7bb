package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

// written is what the writers have done.
type written struct {
	begin, end time.Time
	ops        int
	events     int64          // operations that changed something, each of which makes one change event
	mark       bson.Timestamp // cluster time of the mark that follows them all
}

// write lets the writers loose, as fast as they can, and sets a mark behind
// their last operation. What they send depends on the plan alone: every turn
// has the same changes.
func (p plan) write(ctx context.Context, source *mongo.Client) (written, error) {
	w := written{begin: time.Now()}
	var events atomic.Int64
	group, inner := errgroup.WithContext(ctx)
	rounds := p.ops / p.writers / opsPerRound
	for n := range p.writers {
		writer := p.newWriter(source, n)
		group.Go(func() error {
			for range rounds {
				changed, err := writer.round(inner)
				if err != nil {
					return fmt.Errorf("writer %d: %w", n, err)
				}
				events.Add(changed)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return w, err
	}
	w.end, w.ops, w.events = time.Now(), rounds*p.writers*opsPerRound, events.Load()
	var err error
	w.mark, err = setMark(ctx, source)
	return w, err
}

// setMark inserts the mark and answers its cluster time.
func setMark(ctx context.Context, source *mongo.Client) (bson.Timestamp, error) {
	reply, err := source.Database(liveDB).RunCommand(ctx, bson.D{
		{Key: "insert", Value: markColl}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: "end"}}}},
	}).Raw()
	if err != nil {
		return bson.Timestamp{}, fmt.Errorf("set the mark: %w", err)
	}
	return operationTime(reply)
}

// operationTime is the cluster time of what a reply answers.
func operationTime(reply bson.Raw) (at bson.Timestamp, err error) {
	t, i, ok := reply.Lookup("operationTime").TimestampOK()
	if !ok {
		return at, fmt.Errorf("a reply without operationTime: %s", reply)
	}
	return bson.Timestamp{T: t, I: i}, nil
}

// writer is one client. Its documents are its own, so that what it does does
// not depend on the others.
type writer struct {
	client *mongo.Client
	random *rand.Rand
	colls  [len(liveColls)]liveSet
	rounds int
}

// liveSet is the documents of one collection that a writer works on.
type liveSet struct {
	coll *mongo.Collection
	ids  []int64
	next int64 // _id of the next new document
	step int64
}

func (p plan) newWriter(source *mongo.Client, n int) *writer {
	w := &writer{client: source, random: rand.New(rand.NewPCG(5, uint64(n)))}
	for i, name := range liveColls {
		set := liveSet{coll: source.Database(liveDB).Collection(name), next: int64(n), step: int64(p.writers)}
		for set.next < int64(p.live/len(liveColls)) {
			set.ids = append(set.ids, set.take())
		}
		w.colls[i] = set
	}
	return w
}

// take answers the next new _id of this writer.
func (s *liveSet) take() int64 {
	id := s.next
	s.next += s.step
	return id
}

// remove takes a random document out of the set.
func (s *liveSet) remove(random *rand.Rand) int64 {
	i := random.IntN(len(s.ids))
	id := s.ids[i]
	s.ids[i] = s.ids[len(s.ids)-1]
	s.ids = s.ids[:len(s.ids)-1]
	return id
}

func (s *liveSet) any(random *rand.Rand) int64 { return s.ids[random.IntN(len(s.ids))] }
