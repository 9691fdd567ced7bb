//go:build unix

package main_test

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest/workload"
)

var killSeed = flag.Uint64("kill-seed", 0, "seed of TestKilledAtRandom; 0 takes a new one")

// killsEach is how often the server is killed on each of the four ways: copy,
// commit, reverse, commit back.
const killsEach = 5

// TestKilledAtRandom is a way there and back under load, in which the server is
// killed at random moments. Nothing is lost by it.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat the moments with -kill-seed=%d", seed)
	k := &killer{world: newWorld(t, plain), random: rand.New(rand.NewPCG(seed, 0))}
	k.load()
	k.startTraffic(workload.Options{Seed: seed, Rate: 10, Clients: 1})
	k.launch()
	k.server.state("IDLE")
	k.server.post("start", startBody)
	k.neverBothOpen()
	k.killed()
	k.canCommit()

	k.send("commit")
	require.Equal(t, 0, k.server.state("COMMITTED").epoch())
	k.crossed()
	k.requireRestored()

	k.send("reverse")
	k.reversed(1)
	k.busy()
	k.canCommit()

	k.send("commit")
	require.Equal(t, 1, k.server.state("COMMITTED").epoch())
	k.crossed()
	k.requireRestored()
}

type killer struct {
	*world
	random *rand.Rand
}

// send sends a command, and kills the server as it is being carried out.
func (k *killer) send(command string) {
	k.t.Helper()
	k.server.post(command, "{}")
	k.killed()
}

// killed kills the server several times and starts it once more.
func (k *killer) killed() {
	k.t.Helper()
	for range killsEach {
		was := k.someTime()
		k.server.kill()
		k.t.Logf("killed in %s", was)
		k.launch()
	}
	k.resumed()
}

// someTime waits until a moment in the first seconds of the server's life, or in
// the first half second after it has taken the sync up. It answers the state.
func (k *killer) someTime() string {
	k.t.Helper()
	state := "?"
	look := func() bool {
		if r, err := k.server.try(http.MethodGet, "progress", ""); err == nil && r.Progress != nil {
			state = r.Progress.State
		}
		return state != "?" && state != "INITIALIZING"
	}
	most := 2500 * time.Millisecond
	if k.random.IntN(3) > 0 {
		require.True(k.t, await(15*time.Second, look), "the sync was not taken up")
		most = 500 * time.Millisecond
	}
	wait := time.NewTimer(time.Duration(k.random.Int64N(int64(most))))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-k.server.exited:
		k.t.Fatalf("revsync has ended by itself: %s", k.server.cmd.ProcessState)
	}
	look()
	return state
}
