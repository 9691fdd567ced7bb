package applier

import (
	"context"
	"errors"
	"sync"

	"github.com/revsync/revsync/core/lifecycle"
)

// stopSign is the wish to end a run at a time of the source.
type stopSign struct {
	once  sync.Once
	at    lifecycle.OpTime
	asked chan struct{} // closed after at was set
}

func newStopSign() *stopSign { return &stopSign{asked: make(chan struct{})} }

func (s *stopSign) ask(t lifecycle.OpTime) {
	s.once.Do(func() {
		s.at = t
		close(s.asked)
	})
}

// wish is the time to stop at; ok is false while nobody has asked.
func (s *stopSign) wish() (t lifecycle.OpTime, ok bool) {
	select {
	case <-s.asked:
		return s.at, true
	default:
		return lifecycle.OpTime{}, false
	}
}

// errHurry ends a patient wait for events because the end was asked for.
var errHurry = errors.New("the end was asked for")

// patience is a context that ends, with errHurry, when the end is asked for. The
// caller releases it, which waits for its goroutine.
func (s *stopSign) patience(ctx context.Context) (patient context.Context, release func()) {
	patient, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-s.asked:
			cancel(errHurry)
		case <-patient.Done():
		}
	}()
	return patient, func() { cancel(nil); <-ended }
}
