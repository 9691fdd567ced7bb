package plugins

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/revsync/revsync/sdk"
)

// stage is what sets of modules that follow one another have in common: hooks of the old and of the new set never run
// side by side, and what either set is doing can be seen in one place.
type stage struct {
	acting chan struct{} // held while the hooks of a review run

	mu      sync.Mutex
	running map[*job]sdk.Running
}

func newStage() *stage {
	return &stage{acting: make(chan struct{}, 1), running: map[*job]sdk.Running{}}
}

// enter shows the job as running until leave is called.
func (s *stage) enter(j *job, phase sdk.Phase) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[j] = sdk.Running{Module: j.result.Module, Component: j.result.Component, Kind: j.component.Kind, Phase: phase, Since: time.Now()}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, j)
	}
}

// list is what runs now, the longest first.
func (s *stage) list() []sdk.Running {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.running), func(a, b sdk.Running) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Component, b.Component))
	})
}
