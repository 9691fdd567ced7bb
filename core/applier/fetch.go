package applier

import (
	"context"
	"errors"

	"github.com/revsync/revsync/core/mdb"
)

// fetch reads the stream into replies, one ahead of the dispatcher, until ctx
// ends.
func (r *replay) fetch(ctx context.Context, replies chan<- *reply) error {
	s := &stream{cluster: r.cfg.From, at: r.cfg.Start, await: streamAwait, report: r.cfg.Report}
	defer s.drop(ctx)
	patient, release := r.stop.patience(ctx)
	err := r.pass(patient, s, replies)
	release()
	switch {
	case ctx.Err() != nil: // whether or not the end was asked for as well
		return context.Cause(ctx)
	case !errors.Is(err, errHurry):
		return err
	}
	if err := hurry(ctx, s); err != nil {
		return err
	}
	return r.pass(ctx, s, replies)
}

// hurry gets the stream past a time that was asked for without waiting for the
// source to write something: a note of our own is later than that time, and once
// the stream's token has passed the time, nothing of it can still come.
func hurry(ctx context.Context, s *stream) error {
	s.hurry(ctx)
	return mdb.Retry(ctx, "write a note to the source's oplog", s.report, func(ctx context.Context) error {
		_, err := s.cluster.AppendNote(ctx, "end of replay")
		return err
	})
}

// pass reads until ctx ends or an error comes that no new try can cure. A reply
// that could not be handed over any more is read again.
func (r *replay) pass(ctx context.Context, s *stream, replies chan<- *reply) error {
	for {
		before := s.at
		b, err := s.next(ctx)
		if err != nil {
			return err
		}
		next, err := newReply(b, openBytes)
		if err != nil {
			return err
		}
		next.end = next.end && !s.careful
		select {
		case replies <- next:
		case <-ctx.Done():
			s.at = before
			return context.Cause(ctx)
		}
	}
}
