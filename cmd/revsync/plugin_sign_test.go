//go:build unix

package main_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const noFriday = `{"name":"no-friday"}`

// TestServerRunsSignedPluginsOnly: the way of a plugin from the person who signs it to a server that trusts her key.
func TestServerRunsSignedPluginsOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "no-friday")
	require.NoError(t, os.Rename(goldenPlugin(t, "c-no-friday.wasm", "example.no-friday", noFriday), dir))
	key := filepath.Join(t.TempDir(), "team")
	fingerprint := strings.TrimSpace(pluginPasses(t, "keygen", key))
	said := saysOfPlugin(t, dir, key+".pub")
	require.Contains(t, said.Error, "it has no signature (plugin.json.sig)")

	require.Equal(t, fingerprint, strings.TrimSpace(pluginPasses(t, "sign", dir, "--key", key)))
	said = saysOfPlugin(t, dir, key+".pub")
	require.Equal(t, "plugin loaded", said.Message, "%+v", said)
	var seen struct{ Signature map[string]any }
	require.NoError(t, json.Unmarshal([]byte(pluginPasses(t, "inspect", dir, "--pluginTrustedKeys", key+".pub")), &seen))
	require.Equal(t, map[string]any{"key": fingerprint, "verified": true}, seen.Signature)

	manifest := filepath.Join(dir, "plugin.json")
	doc, err := os.ReadFile(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(manifest, []byte(strings.Replace(string(doc), noFriday, `{"name":"no-friday","failurePolicy":"ignore"}`, 1)), 0o644))
	said = saysOfPlugin(t, dir, key+".pub")
	require.Contains(t, said.Error, "plugin.json is not what key "+fingerprint+" has signed")
	code, out := pluginCommand(t, "inspect", dir, "--pluginTrustedKeys", key+".pub")
	require.Equal(t, 2, code, out)
}

// TestServerWithoutItsTrustedKeysDoesNotStart: it cannot know what to trust.
func TestServerWithoutItsTrustedKeysDoesNotStart(t *testing.T) {
	t.Parallel()
	out, err := serverOver(t, t.TempDir(), filepath.Join(t.TempDir(), "none.pem")).Output()
	require.Error(t, err)
	require.Contains(t, string(out), "--pluginTrustedKeys: file of trusted keys")
}

// serverOver is a server, not started, that looks for plugins in dir and reaches no cluster.
func serverOver(t *testing.T, dir, trusted string) *exec.Cmd {
	t.Helper()
	const nowhere = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200&x="
	cmd := exec.CommandContext(t.Context(), plain.path(t), "--cluster0", nowhere+"0", "--cluster1", nowhere+"1", "--port", "0",
		"--pluginDir", dir, "--pluginCacheDir", filepath.Join(t.TempDir(), "cache"), "--pluginTrustedKeys", trusted)
	cmd.Stderr = os.Stderr
	return cmd
}

// saysOfPlugin starts a server with the folder of a plugin, and gives the line of its log about it.
func saysOfPlugin(t *testing.T, plugin, trusted string) logLine {
	t.Helper()
	cmd := serverOver(t, filepath.Dir(plugin), trusted)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	said := pluginLine(t, lines)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	for lines.Scan() { // to the end, so that the server does not wait for a reader
	}
	require.NoError(t, cmd.Wait())
	return said
}
