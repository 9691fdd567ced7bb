package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// turn lets one contestant copy and follow, into a new destination, and checks
// what it has done.
func (b *bench) turn(ctx context.Context, round int, name string) (err error) {
	before, err := b.resetSource(ctx)
	if err != nil {
		return err
	}
	destination, err := b.startSide(ctx, fmt.Sprintf("destination-%d-%s", round, name[:3]))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, destination.remove()) }()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	c := b.contestant(name)
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.prepare(ctx, b.source, destination, fail); err != nil {
		return withCause(ctx, err)
	}
	f := figures{}
	f.docs, f.bytes = total(b.data, before)
	if err := b.contest(ctx, c, destination, &f); err != nil {
		return withCause(ctx, err)
	}
	if err := c.close(); err != nil {
		return err
	}
	f.used = c.used()
	b.turns[name] = append(b.turns[name], f)
	b.diskMax = max(b.diskMax, usedBytes(b.dir))
	b.say("round %d, %-10s copy %.2f s, %s events/s, drain %.3f s; content and indexes are equal",
		round, name+":", f.copySeconds(), grouped(f.eventsPerS()), f.drainSeconds())
	return nil
}

func (b *bench) contestant(name string) contestant {
	if name == engineName {
		return &engine{binary: b.binary, dir: b.dir}
	}
	return &rawLoops{}
}

// resetSource makes the source what it was before the first turn, and answers
// what is in its live data.
func (b *bench) resetSource(ctx context.Context) (content, error) {
	if err := b.source.open(ctx); err != nil { // a commit has closed it
		return nil, err
	}
	if err := b.resetLive(ctx, b.source.client); err != nil {
		return nil, err
	}
	return readContent(ctx, b.source.client.Database(liveDB), bson.Timestamp{})
}

// contest measures copy, changes and cutover, and compares both sides.
func (b *bench) contest(ctx context.Context, c contestant, destination *side, f *figures) (err error) {
	if err := b.contestCopy(ctx, c, destination, f); err != nil {
		return err
	}
	if err := b.contestChanges(ctx, c, destination, f); err != nil {
		return err
	}
	if err := b.compare(ctx, destination); err != nil {
		return err
	}
	if f.opened, err = c.open(ctx); err != nil {
		return err
	}
	return b.compareIndexes(ctx, destination)
}

func (b *bench) contestCopy(ctx context.Context, c contestant, destination *side, f *figures) error {
	cpu, err := b.cpu(ctx, destination)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := c.copy(ctx); err != nil {
		return err
	}
	f.copied = time.Since(begin)
	after, err := b.cpu(ctx, destination)
	f.copyCPU = after - cpu
	return err
}

func (b *bench) contestChanges(ctx context.Context, c contestant, destination *side, f *figures) error {
	cpu, err := b.cpu(ctx, destination)
	if err != nil {
		return err
	}
	w, err := b.write(ctx, b.source.client)
	if err != nil {
		return err
	}
	if err := arrived(ctx, c, destination.client, w.mark); err != nil {
		return err
	}
	end := time.Now()
	f.ops, f.events = int64(w.ops), w.events
	f.write, f.arrive, f.drain = w.end.Sub(w.begin), end.Sub(w.begin), end.Sub(w.end)
	after, err := b.cpu(ctx, destination)
	f.changeCPU = after - cpu
	return err
}

// cpu is the CPU time that both servers have used so far.
func (b *bench) cpu(ctx context.Context, destination *side) (time.Duration, error) {
	source, err := b.source.cpu(ctx)
	if err != nil {
		return 0, err
	}
	other, err := destination.cpu(ctx)
	return source + other, err
}

// arrived waits until the mark is on the destination and the contestant says
// that so is everything before it.
func arrived(ctx context.Context, c contestant, destination *mongo.Client, mark bson.Timestamp) error {
	marks := destination.Database(liveDB).Collection(markColl)
	return poll(ctx, 2*time.Millisecond, func() (bool, error) {
		switch err := marks.FindOne(ctx, byID("end")).Err(); {
		case errors.Is(err, mongo.ErrNoDocuments):
			return false, nil
		case err != nil:
			return false, err
		}
		at, err := c.applied(ctx)
		return err == nil && !at.Before(mark), err
	})
}

// poll calls done until it is true, at most once in an interval.
func poll(ctx context.Context, interval time.Duration, done func() (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
