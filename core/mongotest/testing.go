package mongotest

import (
	"context"
	"path/filepath"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

// TB is the part of testing.TB that this package uses.
type TB interface {
	Helper()
	Name() string
	TempDir() string
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// New starts a set for a test and removes it at the test's end. When the test
// has failed, the ends of the servers' logs are printed.
func New(tb TB, opts Options) *ReplicaSet {
	tb.Helper()
	sets := start(tb, opts)
	return sets[0]
}

// Pair starts two sets for a test, like New, side by side. Without a name in
// opts they are "rs-a" and "rs-b", with one it gets these endings.
func Pair(tb TB, opts Options) (a, b *ReplicaSet) {
	tb.Helper()
	base := opts.Name
	if base == "" {
		base = "rs"
	}
	optsA, optsB := opts, opts
	optsA.Name, optsB.Name = base+"-a", base+"-b"
	if opts.Dir != "" {
		optsA.Dir, optsB.Dir = filepath.Join(opts.Dir, "a"), filepath.Join(opts.Dir, "b")
	}
	sets := start(tb, optsA, optsB)
	return sets[0], sets[1]
}

// start starts the sets at the same time. What did start is removed even when
// another one did not.
func start(tb TB, all ...Options) []*ReplicaSet {
	tb.Helper()
	sets := make([]*ReplicaSet, len(all))
	var group errgroup.Group
	for i, opts := range all {
		if opts.Dir == "" {
			opts.Dir = tb.TempDir()
		}
		group.Go(func() (err error) {
			sets[i], err = Start(context.Background(), opts)
			return err
		})
	}
	err := group.Wait()
	tb.Cleanup(func() { finish(tb, sets) })
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return sets
}

func finish(tb TB, sets []*ReplicaSet) {
	for _, rs := range sets {
		if rs == nil {
			continue
		}
		for _, m := range rs.members {
			if tb.Failed() {
				tb.Logf("%s of %s%s", m.Host(), rs.Name(), logTail(m.LogPath()))
			}
		}
		if err := rs.Remove(); err != nil {
			tb.Logf("remove replica set %s: %v", rs.Name(), err)
		}
	}
}

// Client connects for a test and disconnects at its end, before the servers
// stop.
func (rs *ReplicaSet) Client(tb TB, user User) *mongo.Client {
	tb.Helper()
	return testClient(tb, rs.URI(user), string(user)+" to "+rs.Name())
}

// Client connects to this member alone for a test and disconnects at its end.
func (m *Member) Client(tb TB, user User) *mongo.Client {
	tb.Helper()
	return testClient(tb, m.URI(user), string(user)+" to "+m.Host())
}

func testClient(tb TB, uri, what string) *mongo.Client {
	tb.Helper()
	client, err := connect(context.Background(), uri)
	if err != nil {
		tb.Fatalf("connect %s: %v", what, err)
	}
	tb.Cleanup(func() {
		if err := disconnect(client); err != nil {
			tb.Logf("disconnect %s: %v", what, err)
		}
	})
	return client
}
