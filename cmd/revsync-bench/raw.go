package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

// rawLoops is the plainest way to do the engine's work, in this process: what
// remains when nothing may go wrong and nothing but data may change.
type rawLoops struct {
	from, to *mongo.Client
	start    bson.Timestamp // changes are read from here
	fail     func(error)
	stop     context.CancelFunc
	group    *errgroup.Group
	reached  atomic.Uint64 // cluster time of the last change applied
}

func (r *rawLoops) prepare(_ context.Context, source, destination *side, fail func(error)) error {
	r.from, r.to, r.fail = source.client, destination.client, fail
	r.group, r.stop = new(errgroup.Group), func() {}
	return nil
}

// copy notes the time, copies everything, and begins to follow the changes
// since that time.
func (r *rawLoops) copy(ctx context.Context) error {
	reply, err := r.from.Database("admin").RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Raw()
	if err != nil {
		return err
	}
	if r.start, err = operationTime(reply); err != nil {
		return err
	}
	r.start.I++ // the operation of that time is part of the copy
	if err := r.copyAll(ctx); err != nil {
		return fmt.Errorf("raw copy: %w", err)
	}
	ctx, r.stop = context.WithCancel(ctx)
	changes, err := r.watch(ctx)
	if err != nil {
		return fmt.Errorf("raw apply: %w", err)
	}
	r.group.Go(func() error {
		if err := r.follow(ctx, changes); ctx.Err() == nil {
			r.fail(fmt.Errorf("raw apply: %w", err))
		}
		return nil
	})
	return nil
}

func (r *rawLoops) applied(context.Context) (bson.Timestamp, error) {
	at := r.reached.Load()
	return bson.Timestamp{T: uint32(at >> 32), I: uint32(at)}, nil
}

// open has nothing to do: nobody was kept out, and the indexes are as they
// shall be.
func (r *rawLoops) open(context.Context) (opened, error) { return opened{}, r.close() }

func (r *rawLoops) close() error {
	if r.group == nil {
		return nil
	}
	r.stop()
	return r.group.Wait()
}

func (r *rawLoops) used() usage { return usage{} }

// pipe runs a reader and workers with a bounded queue between them.
func pipe[T any](ctx context.Context, queue int, read func(context.Context, chan<- T) error, workers int, do func(context.Context, T) error) error {
	items := make(chan T, queue)
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(items)
		return read(inner, items)
	})
	for range workers {
		group.Go(func() error {
			for item := range items {
				if err := do(inner, item); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// hand puts an item into a queue, or gives up with ctx.
func hand[T any](ctx context.Context, queue chan<- T, item T) error {
	select {
	case queue <- item:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errEnded = errors.New("the change stream has ended")
