//go:build unix

package main_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// installPlugin puts a module into a folder of its own.
func installPlugin(t *testing.T, dir, name string, code []byte, fields string) {
	t.Helper()
	folder := filepath.Join(dir, name)
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "module"), code, 0o644))
	manifest := fmt.Sprintf(`{"apiVersion":"revsync.plugin/v1","name":"acme.hello","file":"module","sha256":"%x",
		"components":[{"name":"hello"}],%s}`, sha256.Sum256(code), fields)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), []byte(manifest), 0o644))
}

// TestServerLoadsPlugins: a server runs WASM modules in children and programs as
// processes, lets a module into its own process only when it is told to, and
// leaves none behind.
func TestServerLoadsPlugins(t *testing.T) {
	binary, module, program := plain.path(t), helloWASM(t), hello(t, "process", nil)
	for _, c := range []struct {
		fields string
		code   []byte
		flags  []string
		loads  bool
	}{
		{`"runtime":"wasm"`, module, nil, true},
		{`"runtime":"grpc"`, program, nil, true},
		{`"runtime":"wasm","isolation":"inProcess"`, module, nil, false},
		{`"runtime":"wasm","isolation":"inProcess"`, module, []string{"--pluginsInProcess"}, true},
	} {
		t.Run(fmt.Sprint(c.fields, c.flags), func(t *testing.T) {
			dir, temporary := t.TempDir(), t.TempDir()
			require.NoError(t, os.Chmod(temporary, 0o700))
			installPlugin(t, dir, "hello", c.code, c.fields)
			const nowhere = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200&x="
			args := append([]string{"--cluster0", nowhere + "0", "--cluster1", nowhere + "1", "--port", "0", "--pluginDir", dir,
				"--pluginCacheDir", filepath.Join(temporary, "cache")}, c.flags...)
			cmd := exec.CommandContext(t.Context(), binary, args...)
			cmd.Env = []string{"TMPDIR=" + temporary}
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			lines := bufio.NewScanner(out)
			said := pluginLine(t, lines)
			require.Equal(t, c.loads, said.Message == "plugin loaded", "%+v", said)
			if !c.loads {
				require.Contains(t, said.Error, `isolation "inProcess" is not allowed here`)
			}
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			for lines.Scan() { // to the end, so that the server does not wait for a reader
			}
			require.NoError(t, cmd.Wait())
			left, err := filepath.Glob(filepath.Join(temporary, "*plugin-*"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

type logLine struct {
	Message       string `json:"message"`
	Plugin, Error string
}

// pluginLine reads the log up to what it says about the plugin.
func pluginLine(t *testing.T, lines *bufio.Scanner) (l logLine) {
	t.Helper()
	for lines.Scan() {
		l = logLine{}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l), lines.Text())
		if l.Plugin != "" {
			return l
		}
	}
	require.FailNow(t, "the log says nothing about the plugin")
	return l
}
