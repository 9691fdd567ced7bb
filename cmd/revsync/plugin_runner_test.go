//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	processes "github.com/revsync/revsync/plugins/process"
	"github.com/revsync/revsync/sdk"
)

// helloWASM builds the WASM module of the documentation.
func helloWASM(t *testing.T) []byte {
	t.Helper()
	return hello(t, "wasm", []string{"-buildmode=c-shared"}, "GOOS=wasip1", "GOARCH=wasm")
}

// hello builds one of the modules of the documentation.
func hello(t *testing.T, folder string, flags []string, environ ...string) []byte {
	t.Helper()
	return built(t, "../../plugins/"+folder+"/testdata/hello", flags, environ...)
}

// built is the program of a folder.
func built(t *testing.T, folder string, flags []string, environ ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program")
	args := append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", out}, flags...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./"+folder)...)
	cmd.Env = append(os.Environ(), environ...)
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	code, err := os.ReadFile(out)
	require.NoError(t, err)
	return code
}

// TestPluginRunner: the binary that people install is the process around a WASM
// module, and says so to whoever starts it by hand.
func TestPluginRunner(t *testing.T) {
	binary, code := plain.path(t), helloWASM(t)
	around := processes.Runner{Command: []string{binary, "plugin-runner"}, CacheDir: filepath.Join(t.TempDir(), "cache"), MemoryMiB: 32}
	for _, what := range []string{"cold", "from the cache"} {
		begin := time.Now()
		m, err := processes.LoadWASM(t.Context(), code, around, processes.Options{Start: time.Minute})
		require.NoError(t, err)
		loaded := time.Since(begin)
		begin = time.Now()
		resp, err := m.Evaluate(t.Context(), nil, &sdk.Request{Component: "hello", Sync: sdk.Sync{ID: "s1"}})
		require.NoError(t, err)
		require.Equal(t, "hello from sync s1", resp.Findings[0].Message)
		t.Logf("%s: loaded in %s, first call %s", what, loaded.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
		require.NoError(t, m.Close(t.Context()))
	}
	out, err := exec.CommandContext(t.Context(), binary, "plugin-runner").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "started by the engine, not by hand")
	help, err := exec.CommandContext(t.Context(), binary, "--help").CombinedOutput()
	require.NoError(t, err)
	require.NotContains(t, string(help), "plugin-runner")
}
