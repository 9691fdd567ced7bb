package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/mongotest"
)

// stage gives the demonstration a folder of its own for temporary files, and a file
// to print to.
func stage(t *testing.T) (temporary string, stdout *os.File) {
	t.Helper()
	_, err := mongotest.Binary(t.Context(), "") // its cache is not in the temporary folder
	require.NoError(t, err)
	temporary = t.TempDir()
	stdout, err = os.Create(filepath.Join(t.TempDir(), "stdout"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stdout.Close()) })
	t.Setenv("TMPDIR", temporary)
	return temporary, stdout
}

func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "revsync")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	return path
}

// TestFailure has a server that ends at once: the demonstration fails, says why,
// and leaves nothing behind.
func TestFailure(t *testing.T) {
	temporary, stdout := stage(t)
	var stderr bytes.Buffer
	code := run([]string{"-mb", "1", "-binary", script(t, `mkdir "$5"; echo reason >"$5/revsync.log"; exit 3`)}, stdout, &stderr)
	require.Equal(t, 1, code)
	require.Contains(t, stderr.String(), "the server has ended: exit status 3")
	require.Contains(t, stderr.String(), "end of the server's log:\nreason")
	empty(t, temporary)
}

// TestInterrupt interrupts while the server is waited for.
func TestInterrupt(t *testing.T) {
	temporary, stdout := stage(t)
	reached := filepath.Join(t.TempDir(), "reached")
	s := settings{megabytes: 1, binary: script(t, "trap 'exit 0' TERM; touch "+reached+"; while :; do sleep 0.1; done")}
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- show(ctx, s, newScreen(stdout)) }()
	require.Eventually(t, func() bool { _, err := os.Stat(reached); return err == nil }, time.Minute, 10*time.Millisecond)
	interrupt()
	require.EqualError(t, <-ended, "interrupted")
	empty(t, temporary)
}

// empty allows for the locks of ports, which mongotest keeps for the next time.
func empty(t *testing.T, folder string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(folder, "revsync-demo-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"-mb", "0"}, {"word"}, {"-other"}} {
		var stderr bytes.Buffer
		require.Equal(t, 1, run(args, os.Stdout, &stderr), args)
		require.NotEmpty(t, stderr.String())
	}
	var stderr bytes.Buffer
	require.Zero(t, run([]string{"-h"}, os.Stdout, &stderr))
	require.Contains(t, stderr.String(), "-keep")
}

func TestStatus(t *testing.T) {
	r, err := child.Decode([]byte(`{"progress":{"state":"RUNNING","info":"change event application","canCommit":true,"lagMillis":1500,
		"step":null,"indexBuilding":null,"directionMapping":{"Source":"cluster1: a:1","Destination":"cluster0: b:2"},
		"lastError":{"message":"why"}},"success":true}`))
	require.NoError(t, err)
	require.Equal(t, "RUNNING | cluster1 -> cluster0 | change event application | lag 1.5 s | canCommit | lastError: why", status(r.Progress))
}

// TestBarInALog wants plain lines, the last of them full.
func TestBarInALog(t *testing.T) {
	_, stdout := stage(t)
	v := view{out: newScreen(stdout)}
	p := child.Progress{State: "RUNNING", Info: "collection copy"}
	p.CollectionCopy.Total = 10e6
	for _, p.CollectionCopy.Copied = range []int64{3e6, 4e6} {
		v.show(p)
	}
	p.Info, p.CollectionCopy.Copied = "change event application", 10e6
	v.show(p)
	v.show(p)
	text, err := os.ReadFile(stdout.Name())
	require.NoError(t, err)
	require.NotContains(t, string(text), "\r")
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	require.Len(t, lines, 3, "%s", text)
	require.Contains(t, string(lines[0]), "3 of 10 MB")
	require.Contains(t, string(lines[1]), "10 of 10 MB")
	require.Contains(t, string(lines[2]), "change event application")
}

// TestNearNow does not wait for ever for a lag that stays. Its time is virtual.
func TestNearNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		small, big := int64(10), int64(20_000)
		near := nearNow()
		require.False(t, near(child.Progress{LagMillis: &small}), "no commit is possible")
		require.False(t, near(child.Progress{CanCommit: true, LagMillis: &big}))
		require.True(t, near(child.Progress{CanCommit: true, LagMillis: &small}))
		time.Sleep(lagPatience / 2)
		require.False(t, near(child.Progress{CanCommit: true, LagMillis: &big}))
		time.Sleep(lagPatience)
		require.True(t, near(child.Progress{CanCommit: true, LagMillis: &big}))
	})
}

func TestExplain(t *testing.T) {
	timed, cancel := context.WithCancelCause(t.Context())
	d := &demo{}
	require.EqualError(t, d.explain(timed, errors.New("e")), "e")
	cancel(errors.New("too late"))
	require.EqualError(t, d.explain(timed, errors.New("e")), "too late: e")
}
