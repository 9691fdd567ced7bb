package child_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/cmd/internal/child"
)

func TestReplies(t *testing.T) {
	t.Parallel()
	r, err := child.Decode([]byte(` {"progress":{"state":"RUNNING","lastAppliedOpTime":{"$timestamp":{"t":2,"i":7}}},"success":true}`))
	require.NoError(t, err)
	require.Equal(t, "RUNNING", r.Progress.State)
	require.EqualValues(t, 2<<32|7, r.Progress.Applied.Number())
	require.Empty(t, r.Progress.Trouble())

	_, err = child.Decode([]byte(`{"success":false,"error":"CannotCommit","errorDescription":"not yet"}`))
	var refused *child.Refused
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "CannotCommit", refused.Reply.Error)
	require.ErrorContains(t, err, "not yet")
	_, err = child.Decode([]byte("<html>"))
	require.ErrorContains(t, err, "not JSON")

	a := child.API{Base: "http://127.0.0.1:27182"}
	require.Equal(t, "curl -sS http://127.0.0.1:27182/api/v1/progress", a.Curl("progress", ""))
	require.Equal(t, "curl -sS http://127.0.0.1:27182/api/v1/commit --data '{}'", a.Curl("commit", "{}"))
}

// run starts a shell script in the place of the server.
func run(t *testing.T, script string, onEnd func(error)) *child.Process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "revsync")
	syscall.ForkLock.RLock() // a process that another test starts meanwhile would keep the file open: "text file busy"
	err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755)
	syscall.ForkLock.RUnlock()
	require.NoError(t, err)
	port, err := child.FreePort()
	require.NoError(t, err)
	p, err := child.Start(child.Settings{Binary: path, LogDir: filepath.Join(t.TempDir(), "log"), Port: port, Cluster0: "zero", OnEnd: onEnd})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Kill()) })
	return p
}

// awaits waits until the script has made a file beside its log.
func awaits(t *testing.T, p *child.Process, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(p.LogDir(), name))
		return err == nil
	}, 30*time.Second, 5*time.Millisecond)
}

const untilKilled = "while :; do sleep 0.05; done"

func TestEnds(t *testing.T) {
	t.Parallel()
	t.Run("by itself", func(t *testing.T) {
		t.Parallel()
		told := make(chan error, 1)
		p := run(t, `mkdir "$5"; echo "why, $REVSYNC_CLUSTER0" >"$5/revsync.log"; exit 3`, func(err error) { told <- err })
		<-p.Ended()
		require.EqualError(t, p.Alive(), "the server has ended: exit status 3")
		require.ErrorContains(t, <-told, "exit status 3); the end of its log:\nwhy, zero")
		require.ErrorContains(t, p.Stop(), "not end in good order")
		require.Equal(t, 3, p.State().ExitCode())
	})
	t.Run("when asked", func(t *testing.T) {
		t.Parallel()
		p := run(t, `mkdir "$5"; trap "exit 0" TERM; touch "$5/ready"; `+untilKilled, nil)
		awaits(t, p, "ready")
		require.NoError(t, p.Alive())
		require.Nil(t, p.State())
		require.NoError(t, p.Stop())
	})
	t.Run("killed while suspended", func(t *testing.T) {
		t.Parallel()
		p := run(t, untilKilled, nil)
		require.NoError(t, p.Suspend())
		require.NoError(t, p.Kill())
		require.ErrorContains(t, p.Alive(), "killed")
	})
	t.Run("never began", func(t *testing.T) {
		t.Parallel()
		_, err := child.Start(child.Settings{Binary: filepath.Join(t.TempDir(), "nothing")})
		require.True(t, errors.Is(err, os.ErrNotExist), "%v", err)
	})
}
