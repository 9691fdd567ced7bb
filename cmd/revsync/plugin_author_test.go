package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/plugins/author"
	"github.com/revsync/revsync/plugins/author/authortest"
)

// pluginCommand runs revsync plugin and returns the exit code and everything that it printed.
func pluginCommand(t *testing.T, args ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), plain.path(t), append([]string{"plugin"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		require.IsType(t, &exec.ExitError{}, err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func pluginPasses(t *testing.T, args ...string) string {
	t.Helper()
	code, out := pluginCommand(t, args...)
	require.Zero(t, code, out)
	return out
}

func repositoryRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return root
}

// TestPluginFromInitToTest: what init writes builds, is pinned, conforms and answers, in each language.
func TestPluginFromInitToTest(t *testing.T) {
	plain.path(t) // kept for all languages
	for _, language := range author.Languages() {
		t.Run(language, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			pluginPasses(t, "init", "--lang", language, "--name", "mine.own", "--sdk", repositoryRoot(t), dir)
			authortest.Build(t, language, dir)
			code, out := pluginCommand(t, "inspect", dir)
			require.Equal(t, 2, code, out)
			digest := strings.TrimSpace(pluginPasses(t, "pin", dir))
			var seen struct {
				SHA256      string
				Description struct{ Name string }
			}
			require.NoError(t, json.Unmarshal([]byte(pluginPasses(t, "inspect", dir)), &seen))
			require.Equal(t, digest, seen.SHA256)
			require.Equal(t, "mine.own", seen.Description.Name)
			require.Contains(t, pluginPasses(t, "test", dir), "conformance: passed")
			request := filepath.Join(t.TempDir(), "request.json")
			require.NoError(t, os.WriteFile(request, []byte(`{"sync":{"id":"s\"1"}}`), 0o644))
			require.Contains(t, pluginPasses(t, "run", dir, "--request", request), `hello from sync s"1`)
		})
	}
}

// goldenPlugin installs one of the files that stay.
func goldenPlugin(t *testing.T, file, name, component string) string {
	t.Helper()
	dir := t.TempDir()
	code, err := os.ReadFile(filepath.Join("../../plugins/wasm/testdata/golden", file))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), code, 0o644))
	manifest := `{"apiVersion":"revsync.plugin/v1","name":"` + name + `","runtime":"wasm","file":"` + file + `","sha256":"","components":[` + component + `]}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.json"), []byte(manifest), 0o644))
	pluginPasses(t, "pin", dir)
	return dir
}

const connections = `{"name":"connections","grants":[{"cluster":"source","op":"runCommand","commands":["serverStatus"]}]`

func TestPluginExitCodes(t *testing.T) {
	friday := filepath.Join(t.TempDir(), "friday.json")
	require.NoError(t, os.WriteFile(friday, []byte(`{"now":"2026-01-02T03:04:05Z"}`), 0o644))
	monday := filepath.Join(t.TempDir(), "monday.json")
	require.NoError(t, os.WriteFile(monday, []byte(`{"now":"2026-01-05T03:04:05Z"}`), 0o644))
	check := goldenPlugin(t, "c-no-friday.wasm", "example.no-friday", `{"name":"no-friday"}`)
	ignored := goldenPlugin(t, "rust-connections.wasm", "example.connections", connections+`,"failurePolicy":"ignore"}`)
	wrong := goldenPlugin(t, "c-no-friday.wasm", "example.no-friday", `{"name":"no-friday","phases":["postCommit"]}`)
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{0, "no-friday: passed", []string{"run", check, "--request", monday}},
		{1, "unknown command", []string{"inspekt"}},
		{1, "no such file", []string{"inspect", filepath.Join(check, "none.wasm")}},
		{1, `no component "other"`, []string{"run", check, "--component", "other"}},
		{2, "does not offer phase", []string{"inspect", wrong}},
		{3, "come back on Monday", []string{"run", check, "--request", friday}},
		{1, "no cluster was named: give --cluster", []string{"run", ignored}},
		{1, "--as says what is recorded: give --record URI as well", []string{"test", check, "--as", "x"}},
	} {
		code, out := pluginCommand(t, c.args...)
		require.Equal(t, c.code, code, out)
		require.Contains(t, out, c.says)
	}
}

// TestPluginTestFindsAnotherAnswer: a module whose answer differs from its transcript does not pass.
func TestPluginTestFindsAnotherAnswer(t *testing.T) {
	dir := goldenPlugin(t, "c-no-friday.wasm", "example.no-friday", `{"name":"no-friday"}`)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "transcripts"), 0o755))
	transcript := `{"apiVersion":"revsync.plugin/v1","request":{"component":"no-friday","now":"2026-01-02T03:04:05Z"},"calls":[],"findings":[]}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "transcripts", "a.json"), []byte(transcript), 0o644))
	code, out := pluginCommand(t, "test", dir)
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "the transcript has nothing")
}

// TestPluginTestFindsABadModule: a hook that acts for a component that it does not have breaks the contract. It does not
// pass when it is called, which is only when that is asked for.
func TestPluginTestFindsABadModule(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad")
	pluginPasses(t, "init", "--lang", "c", bad)
	source, err := os.ReadFile(filepath.Join(bad, "check.c"))
	require.NoError(t, err)
	for _, change := range [][2]string{{"if (!revsync_is", "if (0 && !revsync_is"}, {`\"check\"`, `\"hook\"`}, {`\"preflight\",\"preReverse\"`, `\"preReverse\"`}} {
		require.Contains(t, string(source), change[0])
		source = []byte(strings.Replace(string(source), change[0], change[1], 1))
	}
	require.NoError(t, os.WriteFile(filepath.Join(bad, "check.c"), source, 0o644))
	authortest.Build(t, "c", bad)
	pluginPasses(t, "pin", bad)
	require.Contains(t, pluginPasses(t, "test", bad), "not called, since hooks act: hello")
	code, out := pluginCommand(t, "test", "--callHooks", bad)
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "an unknown component must not pass")
}

// TestPluginRecords: what a real cluster says is written without secrets, and replayed when the cluster is gone.
func TestPluginRecords(t *testing.T) {
	t.Parallel()
	a, _ := mongotest.Pair(t, mongotest.Options{})
	dir := goldenPlugin(t, "rust-connections.wasm", "example.connections", connections+"}")
	recorded := pluginPasses(t, "test", dir, "--record", a.URI(mongotest.Root), "--as", "quiet")
	require.Contains(t, recorded, "CONNECTIONS")
	doc, err := os.ReadFile(filepath.Join(dir, "transcripts", "quiet.json"))
	require.NoError(t, err)
	require.Contains(t, string(doc), `"connections"`)
	require.Contains(t, string(doc), `"signature": "removed"`)
	require.NotContains(t, string(doc), `"hash"`)
	require.NoError(t, a.Stop())
	require.Contains(t, pluginPasses(t, "test", dir), "quiet.json: same")
	code, out := pluginCommand(t, "test", dir, "--record", "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200", "--as", "away")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "no answer that could be recorded")
	require.NoFileExists(t, filepath.Join(dir, "transcripts", "away.json"))
}
