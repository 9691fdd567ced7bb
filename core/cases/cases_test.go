//go:build unix

package cases_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/mongotest"
)

// atATime is how many cases are played side by side; they mostly wait for
// processes to begin.
const atATime = 3

// TestCases plays every file of testdata, each on a pair of clusters that it has
// for itself meanwhile.
func TestCases(t *testing.T) {
	all, err := cases.Load("testdata")
	require.NoError(t, err)
	require.NotEmpty(t, all)
	path := build(t)
	queue := make(chan cases.Case, len(all))
	for _, c := range all {
		queue <- c
	}
	close(queue)
	var group errgroup.Group
	for range atATime {
		w := &worker{parent: t, binary: path, pairs: map[string]*pair{}}
		group.Go(func() error {
			for c := range queue {
				t.Run(c.Name, func(t *testing.T) { w.play(t, c) })
			}
			return nil
		})
	}
	_ = group.Wait() // the tests say what fails
}

// worker plays one case after the other on the same servers.
type worker struct {
	parent *testing.T // its servers live as long as this
	binary string
	pairs  map[string]*pair // by the size of the oplog
}

// servers are those that a case needs.
func (w *worker) servers(oplog string) (*pair, error) {
	p := w.pairs[oplog]
	if p != nil && !p.spoiled {
		return p, nil
	}
	if p != nil {
		p.stop()
	}
	o := mongotest.Options{}
	if oplog == "small" { // overwritten after some 60 MB, and it takes a checkpoint for it to happen
		o = mongotest.Options{OplogMB: 16, Args: []string{"--syncdelay", "1"}}
	}
	p, err := startPair(w.parent, o)
	if err == nil {
		w.pairs[oplog] = p
	}
	return p, err
}

func (w *worker) play(t *testing.T, c cases.Case) {
	p, err := w.servers(c.Header("oplog", "normal"))
	require.NoError(t, err)
	require.NoError(t, p.reset(t.Context()))
	newWorld(t, p, w.binary, c).play()
	require.False(t, strings.HasPrefix(c.Stake, "open:"), "this mistake of the engine seems to be corrected: take the word away")
}
