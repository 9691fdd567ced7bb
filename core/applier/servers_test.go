package applier

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mongotest"
)

// Servers starts a source and a destination, once for all tests that don't break
// them for good.
var Servers = sync.OnceValues(func() (sets [2]*mongotest.ReplicaSet, err error) {
	var group errgroup.Group
	for i, name := range []string{"rs-a", "rs-b"} {
		group.Go(func() (err error) {
			sets[i], err = mongotest.Start(context.Background(), mongotest.Options{Name: name})
			started <- sets[i]
			return err
		})
	}
	return sets, group.Wait()
})

var started = make(chan *mongotest.ReplicaSet, 2)

func TestMain(m *testing.M) {
	code := m.Run()
	for len(started) > 0 {
		if rs := <-started; rs != nil {
			if err := rs.Remove(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}
	os.Exit(code)
}
