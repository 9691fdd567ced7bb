package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// nemesis makes trouble, in two hands: one for revsync and one for the servers, so
// that both can be in trouble at once.
type nemesis struct {
	world   *world
	journal *journal
	engine  *rand.Rand // each hand has its own, so that its order follows from the seed
	servers *rand.Rand
	harm    harm
	soon    chan time.Duration // the next trouble of revsync is to come after this time

	// These are held for reading while somebody is in trouble, and for writing while
	// nobody may be.
	truce, engineTruce sync.RWMutex
}

func newNemesis(w *world) *nemesis {
	return &nemesis{world: w, journal: w.journals.open("faults"), harm: everything, soon: make(chan time.Duration, 1),
		engine: rand.New(rand.NewPCG(w.seed, engineStream)), servers: rand.New(rand.NewPCG(w.seed, serversStream))}
}

// span is how long something may last.
type span struct{ least, most time.Duration }

// How long revsync and the servers are left alone between two faults. Some commands
// take revsync a few seconds in one life, and a life can end before it has begun well.
var (
	engineRests  = []span{{0, time.Second}, {1500 * time.Millisecond, 5 * time.Second}, {1500 * time.Millisecond, 5 * time.Second}}
	serversRests = span{0, 4 * time.Second}
)

// deed is a line of the journal.
type deed struct {
	At    time.Time `json:"at"`
	Begun bool      `json:"begun"` // or over
	What  string    `json:"what"`
	For   string    `json:"for"`
	Error string    `json:"error,omitempty"`
}

// troubleEngine is one hand.
func (n *nemesis) troubleEngine(ctx context.Context) error {
	for {
		f := one(n.engine, n.harm.engine)
		rest, lasting := one(n.engine, engineRests).draw(n.engine), f.draw(n.engine)
		if !n.rest(ctx, rest) {
			return nil
		}
		n.engineTruce.RLock()
		err := n.do(f.name, lasting, func() error { return f.do(ctx, n.world.engine, lasting) })
		n.engineTruce.RUnlock()
		if err != nil {
			return err
		}
	}
}

// rest waits for the time, or for what hasten says.
func (n *nemesis) rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case d := <-n.soon:
		return pause(ctx, d)
	case <-ctx.Done():
		return false
	}
}

// hasten has revsync's next trouble come after a time, if it rests now.
func (n *nemesis) hasten(d time.Duration) {
	select {
	case n.soon <- d:
	default: // it has been told already
	}
}

// troubleServers is the other hand.
func (n *nemesis) troubleServers(ctx context.Context) error {
	for {
		f, side := one(n.servers, n.harm.servers), one(n.servers, n.world.sides[:])
		rest, lasting := serversRests.draw(n.servers), f.draw(n.servers)
		if !pause(ctx, rest) {
			return nil
		}
		n.truce.RLock()
		err := n.do(f.name+" "+side.name, lasting, func() error { return f.do(ctx, side, lasting) })
		n.truce.RUnlock()
		if err != nil {
			return err
		}
	}
}

// do does one thing, counts it and writes it down.
func (n *nemesis) do(name string, lasting time.Duration, do func() error) error {
	d := deed{At: time.Now().UTC(), Begun: true, What: name, For: lasting.String()}
	if err := n.journal.add(d); err != nil {
		return err
	}
	err := do()
	d.At, d.Begun = time.Now().UTC(), false
	if err != nil {
		d.Error = err.Error()
		return fmt.Errorf("%s for %s: %w", name, lasting, err)
	}
	n.world.tally.fault(name)
	return n.journal.add(d)
}

// one returns a random element.
func one[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }

func (s span) draw(random *rand.Rand) time.Duration {
	if s.most <= s.least {
		return s.least
	}
	return s.least + time.Duration(random.Int64N(int64(s.most-s.least)))
}
