//go:build unix

package main_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestServerDoesNotWaitForAMutePlugin: a program that prints nothing is given up after
// 20 seconds. The server is there before, lets no start through meanwhile, and can be
// stopped.
func TestServerDoesNotWaitForAMutePlugin(t *testing.T) {
	w, dir, temporary := newWorld(t, plain), t.TempDir(), t.TempDir()
	require.NoError(t, os.Chmod(temporary, 0o700))
	installPlugin(t, dir, "mute", []byte("#!/bin/sh\nread -r line\n"), `"runtime":"grpc"`)
	w.plugins = dir
	s := w.launch("TMPDIR=" + temporary)
	s.state("IDLE")
	copies := func() int {
		found, err := filepath.Glob(filepath.Join(temporary, "revsync-plugin-*"))
		require.NoError(t, err)
		return len(found)
	}
	require.True(t, await(10*time.Second, func() bool { return copies() == 1 }), "the program is not being started")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r, err := s.try(http.MethodPost, "start", startBody, func(req *http.Request) { *req = *req.WithContext(ctx) })
	require.ErrorIs(t, err, context.DeadlineExceeded, r.text)
	s.state("IDLE")
	require.NotContains(t, s.out.String(), "cannot be loaded", "the program has not been given up yet")
	s.stop()
	require.Zero(t, copies())
	require.NotContains(t, s.out.String(), "command accepted")
	require.NotContains(t, s.out.String(), "cannot be loaded")
}
