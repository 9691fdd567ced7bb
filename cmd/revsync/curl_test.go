//go:build unix

package main_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
)

const evaluateVersions = "plugins/revsync.checks/components/versions:evaluate"

// TestCurlLinesOfTheReference runs the curl lines of docs/api.md as they stand,
// with a server on the default port, through a whole cycle.
func TestCurlLinesOfTheReference(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	t.Parallel()
	lines := curlLines(t)
	w := newWorld(t, plain)
	w.load()
	takeDefaultPort(t)
	w.server = launch(t, w.path, nil, "serve", "--cluster0", w.sides[0].URI(mongotest.Sync), "--cluster1", w.sides[1].URI(mongotest.Sync))
	require.Equal(t, "127.0.0.1:27182", w.server.address())
	w.server.state("IDLE")
	for _, step := range []struct {
		endpoint string
		state    string
	}{
		{"progress", "IDLE"}, {"plugins:reload", "IDLE"}, {evaluateVersions, "IDLE"}, {"start", "RUNNING"}, {"progress", "RUNNING"}, {"pause", "PAUSED"}, {"resume", "RUNNING"},
		{"commit", "COMMITTED"}, {"preflight", "COMMITTED"}, {"reverse", "RUNNING"}, {"commit", "COMMITTED"},
	} {
		if step.endpoint == "commit" {
			w.canCommit()
		}
		out, err := exec.CommandContext(t.Context(), "bash", "-c", lines[step.endpoint]).Output()
		require.NoError(t, err, step.endpoint)
		require.Contains(t, string(out), `"success":true`, step.endpoint)
		requireNoPassword(t, string(out))
		w.server.state(step.state)
	}
	w.equal()
}

// curlLines finds the line of each endpoint.
func curlLines(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	lines := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^curl .*/api/v1/([\w:/.]+).*$`).FindAllStringSubmatch(string(text), -1) {
		require.NotContains(t, lines, found[1], "one line for each endpoint")
		lines[found[1]] = found[0]
	}
	for _, req := range requests {
		require.Contains(t, lines, req.path)
	}
	require.Len(t, lines, len(requests)+2)
	return lines
}

// takeDefaultPort waits until no other run of this test has the default port.
func takeDefaultPort(t *testing.T) {
	t.Helper()
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "revsync-default-port.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { _ = lock.Close() }) // which gives the lock back
	require.True(t, await(patience, func() bool {
		return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	}), "another run of this test holds %s", lock.Name())
	require.True(t, await(patience, func() bool {
		l, err := net.Listen("tcp", "127.0.0.1:27182")
		return err == nil && l.Close() == nil
	}), "something listens on the default port, 27182")
}
