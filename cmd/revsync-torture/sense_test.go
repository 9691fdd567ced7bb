package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/cmd/internal/child"
)

// seen is one look at progress, in short.
type seen struct {
	state    string
	epoch    int
	water    uint32
	canWrite bool
}

func (s seen) progress() child.Progress {
	p := child.Progress{State: s.state, Epoch: s.epoch, CanWrite: s.canWrite}
	if s.water > 0 {
		p.Applied = &child.OpTime{}
		p.Applied.Timestamp.T = s.water
	}
	return p
}

// TestSense has a good story told, and one bad end after the other.
func TestSense(t *testing.T) {
	t.Parallel()
	story := []seen{
		{state: "INITIALIZING"}, {state: "IDLE"},
		{state: "RUNNING"}, {state: "RUNNING", water: 5}, {state: "RUNNING", water: 9},
		{state: "INITIALIZING"}, {state: "RUNNING", water: 7}, // a checkpoint is older
		{state: "COMMITTING", water: 8}, {state: "RUNNING", water: 8}, // undone
		{state: "COMMITTED", water: 9, canWrite: true}, // COMMITTING was too short to be seen
		{state: "INITIALIZING"}, {state: "COMMITTED", water: 9, canWrite: true},
		{state: "REVERSING", water: 9, canWrite: true}, {state: "REVERSING", epoch: 1, water: 1},
		{state: "RUNNING", epoch: 1, water: 2},
		{state: "COMMITTED", epoch: 1, water: 3, canWrite: true}, {state: "RUNNING", epoch: 2, water: 3},
	}
	for name, c := range map[string]struct {
		after int // entries of the story
		then  seen
		want  string
	}{
		"epoch falls":                 {17, seen{state: "RUNNING", epoch: 1, water: 4}, "from RUNNING in epoch 2 to RUNNING in epoch 1"},
		"epoch jumps":                 {15, seen{state: "RUNNING", epoch: 2, water: 4}, "from RUNNING in epoch 1 to RUNNING in epoch 2"},
		"a reversal without one more": {16, seen{state: "RUNNING", epoch: 1}, "from COMMITTED in epoch 1 to RUNNING in epoch 1"},
		"watermark falls":             {5, seen{state: "RUNNING", water: 8}, "the low watermark fell"},
		"watermark falls in a commit": {8, seen{state: "COMMITTING", water: 7}, "the low watermark fell"},
		"open early":                  {5, seen{state: "RUNNING", water: 9, canWrite: true}, "canWrite in RUNNING"},
		"open early after a restart":  {6, seen{state: "RUNNING", water: 9, canWrite: true}, "canWrite in RUNNING"},
		"forgotten":                   {5, seen{state: "IDLE"}, "from RUNNING in epoch 0 to IDLE in epoch 0"},
		"committed without a commit":  {2, seen{state: "COMMITTED"}, "from IDLE in epoch 0 to COMMITTED in epoch 0"},
		"reversing what runs":         {5, seen{state: "REVERSING"}, "from RUNNING in epoch 0 to REVERSING in epoch 0"},
		"paused by nobody's command":  {10, seen{state: "PAUSED"}, "from COMMITTED in epoch 0 to PAUSED in epoch 0"},
		"turned back while reversing": {14, seen{state: "REVERSING"}, "from REVERSING in epoch 1 to REVERSING in epoch 0"},
		"runs without a new epoch":    {13, seen{state: "RUNNING"}, "from REVERSING in epoch 0 to RUNNING in epoch 0"},
		"no state":                    {0, seen{state: "FAILED"}, `"FAILED" is no state`},
	} {
		t.Run(name, func(t *testing.T) {
			var s sense
			for _, one := range story[:c.after] {
				require.NoError(t, s.see(one.progress()), "%+v", one)
			}
			require.ErrorContains(t, s.see(c.then.progress()), c.want)
		})
	}
}
