package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest"
)

// A world lasts for so long, so that there is more than one copy in a run. One
// that would be short at the end of a run is left out in favour of the one before.
const (
	worldTime    = time.Minute
	shortestTime = 30 * time.Second
)

// torture makes one world after another until the time is over.
func torture(ctx context.Context, s settings, out io.Writer) (err error) {
	r := &reporter{out: out, begin: time.Now()}
	dir, err := s.dir()
	if err != nil {
		return err
	}
	r.say("seed %d for %s; everything is recorded in %s", s.seed, s.duration, dir)
	if s.binary == "" {
		s.binary = filepath.Join(dir, "revsync")
		if err := child.Build(ctx, s.binary); err != nil {
			return err
		}
	}
	if _, err := mongotest.Binary(ctx, ""); err != nil { // fetching it takes none of the time
		return err
	}
	var all tally
	seed := s.seed
	for end := time.Now().Add(s.duration); time.Now().Before(end); seed = next(seed) {
		took := min(worldTime, time.Until(end))
		if rest := time.Until(end) - took; rest < shortestTime {
			took += rest
		}
		w := &world{settings: s, reporter: r, seed: seed, dir: filepath.Join(dir, fmt.Sprint("seed-", seed)), tally: &all}
		if err := w.live(ctx, took); err != nil {
			return explain(ctx, err, s, seed, dir)
		}
	}
	all.print(r)
	if all.kills() < s.minKills {
		return fmt.Errorf("there were %d kills, and must be %d", all.kills(), s.minKills)
	}
	if s.keep != "" {
		return nil
	}
	return os.RemoveAll(dir)
}

// next is the seed of the world after this one. Each world has its own, so that
// one can be repeated without those before it.
func next(seed uint64) uint64 {
	return 1 + rand.New(rand.NewPCG(seed, 1)).Uint64N(1e9)
}

// explain says what to do about a failure.
func explain(ctx context.Context, err error, s settings, seed uint64, dir string) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return fmt.Errorf("%w\n\neverything that was recorded is in %s\nagain: make torture T=%s SEED=%d", err, dir, s.duration, seed)
}

func (s settings) dir() (string, error) {
	if s.keep == "" {
		return os.MkdirTemp("", "revsync-torture-")
	}
	return s.keep, os.MkdirAll(s.keep, 0o755)
}
