package core

import (
	"time"

	"github.com/revsync/revsync/core/lifecycle"
)

// lagMeter measures the lag by this process's own clock: a cluster time has
// only whole seconds, but when each was first seen on the source, and when the
// work had reached it, are known to the sampling interval.
type lagMeter struct {
	epoch   int
	seen    []sample // source times not yet reached, oldest first
	source  lifecycle.OpTime
	now     time.Time
	history []lagPoint
}

type sample struct {
	at   lifecycle.OpTime
	when time.Time
}

type lagPoint struct {
	when time.Time
	lag  time.Duration
}

const maxSamples = 4096

// sample notes the source's newest majority-committed time.
func (m *lagMeter) sample(epoch int, at lifecycle.OpTime, now time.Time) {
	if epoch != m.epoch {
		*m = lagMeter{epoch: epoch}
	}
	m.now = now
	if at.Compare(m.source) <= 0 {
		return
	}
	m.source = at
	if len(m.seen) < maxSamples { // a later time only makes the lag of the oldest no larger
		m.seen = append(m.seen, sample{at, now})
	}
}

// applied notes how far the work has come.
func (m *lagMeter) applied(at lifecycle.OpTime, now time.Time) {
	m.now = now
	for len(m.seen) > 0 && m.seen[0].at.Compare(at) <= 0 {
		m.seen = m.seen[1:]
	}
	m.history = append(m.history, lagPoint{now, m.lag()})
	for len(m.history) > 1 && now.Sub(m.history[0].when) > time.Minute {
		m.history = m.history[1:]
	}
}

func (m *lagMeter) lag() time.Duration {
	if len(m.seen) == 0 {
		return 0
	}
	return m.now.Sub(m.seen[0].when)
}

// millis is the lag; it also counts what was behind before this process began
// to measure, by the difference of the cluster times.
func (m *lagMeter) millis(applied lifecycle.OpTime) int64 {
	if m.source.IsZero() || len(m.seen) == 0 {
		return 0
	}
	byClock := m.lag().Milliseconds()
	if byTime := (int64(m.source.T) - int64(applied.T) - 1) * 1000; byTime > byClock {
		return byTime
	}
	return byClock
}

// knows tells whether the source of an epoch has been asked for its time.
func (m *lagMeter) knows(epoch int) bool { return m.epoch == epoch && !m.source.IsZero() }

func (m *lagMeter) behind() bool { return len(m.seen) > 0 }

// catchup estimates the seconds until the lag is gone from its fall over the
// last minute; nil when it does not fall.
func (m *lagMeter) catchup() *int64 {
	if len(m.history) < 2 {
		return nil
	}
	first, last := m.history[0], m.history[len(m.history)-1]
	fell, took := first.lag-last.lag, last.when.Sub(first.when)
	if fell <= 0 || took <= 0 {
		return nil
	}
	left := int64(last.lag.Seconds() / (fell.Seconds() / took.Seconds()))
	return &left
}
