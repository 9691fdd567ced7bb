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
	patient, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopped := make(chan struct{})
	defer func() { cancel(nil); <-stopped }()
	go func() {
		defer close(stopped)
		select {
		case <-r.stop.asked:
			cancel(errHurry)
		case <-patient.Done():
		}
	}()
	err := r.pass(patient, s, replies)
	if !errors.Is(err, errHurry) || ctx.Err() != nil {
		return err
	}
	if err := hurry(ctx, s); err != nil {
		return err
	}
	return r.pass(ctx, s, replies)
}

// errHurry ends a patient wait for events because the end was asked for.
var errHurry = errors.New("the end was asked for")

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
		select {
		case replies <- next:
		case <-ctx.Done():
			s.at = before
			return context.Cause(ctx)
		}
	}
}
