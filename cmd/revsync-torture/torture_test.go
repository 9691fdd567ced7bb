package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest/workload"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-t", "0s"}, {"-min-kills", "-1"}, {"word"}, {"-other"}} {
		var stderr bytes.Buffer
		require.Equal(t, 1, run(args, io.Discard, &stderr), args)
		require.NotEmpty(t, stderr.String())
	}
	var stderr bytes.Buffer
	require.Zero(t, run([]string{"-h"}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "-min-kills")
	one, err := parse(nil, io.Discard)
	require.NoError(t, err)
	other, err := parse(nil, io.Discard)
	require.NoError(t, err)
	require.NotEqual(t, one.seed, other.seed)
}

// TestFailure has a server that ends by itself: the run fails, tells how to repeat it, and
// keeps what it has.
func TestFailure(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	binary := filepath.Join(t.TempDir(), "revsync")
	syscall.ForkLock.RLock() // a process that another test starts meanwhile would keep the file open: "text file busy"
	err := os.WriteFile(binary, []byte("#!/bin/sh\nmkdir \"$5\"; echo reason >\"$5/revsync.log\"; exit 3\n"), 0o755)
	syscall.ForkLock.RUnlock()
	require.NoError(t, err)
	var stderr bytes.Buffer
	code := run([]string{"-t", "1m", "-seed", "7", "-keep", dir, "-binary", binary}, io.Discard, &stderr)
	require.Equal(t, 1, code)
	require.Contains(t, stderr.String(), "revsync has ended (exit status 3)")
	require.Contains(t, stderr.String(), "reason")
	require.Contains(t, stderr.String(), "make torture T=1m0s SEED=7\n")
	for _, name := range []string{"faults.jsonl", "progress.jsonl", "history/append-0.jsonl", "knocks-cluster1.jsonl",
		"revsync/revsync.log", "cluster0/member0/mongod.log"} {
		require.FileExists(t, filepath.Join(dir, "seed-7", name))
	}
}

// harmless takes as long as the real thing, and does nothing.
func harmless() (h harm) {
	for _, f := range engineFaults {
		f.do = func(ctx context.Context, _ *engine, lasting time.Duration) error { pause(ctx, lasting); return nil }
		h.engine = append(h.engine, f)
	}
	for _, f := range serverFaults {
		f.do = func(ctx context.Context, _ *side, lasting time.Duration) error { pause(ctx, lasting); return nil }
		h.servers = append(h.servers, f)
	}
	return h
}

// plan is what a nemesis does in virtual time, in which nothing takes longer than it is to.
func plan(t *testing.T, seed uint64) (lines string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{seed: seed, tally: &tally{}, journals: &journals{dir: t.TempDir()}, sides: [2]*side{{name: "cluster0"}, {name: "cluster1"}}}
		n := newNemesis(w)
		n.harm = harmless()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		require.NoError(t, n.troubleEngine(ctx))
		ctx, stop = context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		require.NoError(t, n.troubleServers(ctx))
		require.NoError(t, w.journals.close())
		text, err := os.ReadFile(filepath.Join(w.journals.dir, "faults.jsonl"))
		require.NoError(t, err)
		lines = string(text)
	})
	return lines
}

// TestTheSeedDecides: the same seed does the same, for as long, in the same order.
func TestTheSeedDecides(t *testing.T) {
	t.Parallel()
	require.Equal(t, plan(t, 3), plan(t, 3))
	require.NotEqual(t, plan(t, 3), plan(t, 4))
	require.Equal(t, next(3), next(3))
	require.NotEqual(t, next(3), next(4))
}

// TestFaultsHeal does each fault to a real server, and wants it to be well afterwards.
func TestFaultsHeal(t *testing.T) {
	t.Parallel()
	s, err := startSide(t.Context(), "cluster0", t.TempDir(), true)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.remove()) })
	k := newKnocker(s, &journal{}, &tally{})
	for _, f := range serverFaults {
		require.NoError(t, f.do(t.Context(), s, 50*time.Millisecond), f.name)
		require.NoError(t, well(t.Context(), [2]*side{s, s}), f.name)
		require.Eventually(t, func() bool {
			k.past = append(k.past, k.knock(t.Context()))
			return k.past[len(k.past)-1].Outcome == workload.Acknowledged
		}, time.Minute, 10*time.Millisecond, f.name)
	}
	require.NoError(t, k.checkWritten(t.Context(), s))
}

func TestMinKills(t *testing.T) {
	t.Parallel()
	var all tally
	all.fault("kill revsync")
	all.fault("kill cluster0")
	all.fault("suspend revsync")
	require.Equal(t, 2, all.kills())
	var out bytes.Buffer
	all.print(&reporter{out: &out, begin: time.Now()})
	require.Contains(t, out.String(), "kills 2; all faults: kill cluster0 1, kill revsync 1, suspend revsync 1")
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s := settings{duration: time.Minute}
	err := explain(t.Context(), errors.New("lost"), s, 5, "folder")
	require.ErrorContains(t, err, "lost")
	require.ErrorContains(t, err, "make torture T=1m0s SEED=5")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.EqualError(t, explain(gone, errors.New("e"), s, 5, "folder"), "interrupted")
}

func TestSpan(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	require.Equal(t, time.Second, span{time.Second, time.Second}.draw(random))
	for range 100 {
		d := span{time.Second, 2 * time.Second}.draw(random)
		require.True(t, d >= time.Second && d < 2*time.Second)
	}
}
