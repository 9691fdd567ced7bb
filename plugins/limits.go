package plugins

import (
	"time"

	"github.com/revsync/revsync/sdk"
)

// Limits bounds a review in time and width. A field that is 0 takes the default.
type Limits struct {
	Check    time.Duration // one check that names no time-out, default 5 s
	Hook     time.Duration // one hook that names no time-out, default 30 s
	Ceiling  time.Duration // the longest time-out a component can name, default 60 s
	Review   time.Duration // all components of one phase together, but for hooks after the fact, default 60 s
	Grace    time.Duration // from the deadline until an evaluation is given up, default 2 s
	Parallel int           // checks at the same time, default 2
}

// DefaultLimits returns the defaults.
func DefaultLimits() Limits {
	return Limits{Check: 5 * time.Second, Hook: 30 * time.Second, Ceiling: 60 * time.Second,
		Review: 60 * time.Second, Grace: 2 * time.Second, Parallel: 2}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ value, standard *time.Duration }{{&l.Check, &d.Check}, {&l.Hook, &d.Hook},
		{&l.Ceiling, &d.Ceiling}, {&l.Review, &d.Review}, {&l.Grace, &d.Grace}} {
		if *f.value <= 0 {
			*f.value = *f.standard
		}
	}
	if l.Parallel <= 0 {
		l.Parallel = d.Parallel
	}
	return l
}

// timeout is how long an evaluation may take: what the component names or the default of its kind, cut by the
// manifest and by the ceiling.
func (l Limits) timeout(c sdk.Component, m ManifestComponent) time.Duration {
	t := time.Duration(c.Timeout)
	switch {
	case t > 0:
	case c.Kind == sdk.KindHook:
		t = l.Hook
	default:
		t = l.Check
	}
	if m.Timeout > 0 {
		t = min(t, time.Duration(m.Timeout))
	}
	return min(t, l.Ceiling)
}
