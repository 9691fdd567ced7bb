package author

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNewModulesPassTheirOwnTests: what init writes for languages that have unit tests comes with one. In Go it is run
// after build.sh, which completes go.mod.
func TestNewModulesPassTheirOwnTests(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	for language, c := range map[string]struct {
		commands [][]string
		says     string
	}{
		"go":   {[][]string{{"./build.sh"}, {"go", "test", "-v"}}, "--- PASS: TestHello"},
		"rust": {[][]string{{"cargo", "test", "--offline"}}, "1 passed; 0 failed"},
	} {
		t.Run(language, func(t *testing.T) {
			dir := t.TempDir()
			copied := filepath.Join(t.TempDir(), `a "copy" of it`) // a path that has to be quoted
			require.NoError(t, os.Symlink(root, copied))
			require.NoError(t, Scaffold{Language: language, Name: "acme.hello", SDK: copied}.Write(dir))
			var out []byte
			for _, command := range c.commands {
				cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
				if cmd.Err != nil { // it was not found
					t.Skipf("no toolchain for %s here: %s is not in the PATH", language, command[0])
				}
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "CARGO_TARGET_DIR="+t.TempDir())
				out, err = cmd.CombinedOutput()
				require.NoError(t, err, "%s", out)
			}
			require.Contains(t, string(out), c.says)
		})
	}
}

// TestHelloWorldsAreShort: what init writes for the languages with an SDK is at most 15 lines, empty ones and the unit
// test in Rust included.
func TestHelloWorldsAreShort(t *testing.T) {
	for _, file := range []string{"go/check.go.tmpl", "rust/src/lib.rs", "js/check.js"} {
		source, err := templates.ReadFile("templates/" + file)
		require.NoError(t, err)
		require.LessOrEqual(t, strings.Count(string(source), "\n"), 15, file)
	}
}

func TestWhatCannotBeginAModule(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	require.ErrorContains(t, Scaffold{Language: "cobol", Name: "acme.hello"}.Write(dir), "only for assemblyscript, c, go, js, rust")
	require.ErrorContains(t, Scaffold{Language: "c", Name: "Acme"}.Write(dir), `name "Acme"`)
	require.ErrorContains(t, Scaffold{Language: "go", Name: "acme.hello", SDK: t.TempDir()}.Write(dir), "there is no copy of revsync's sources")
	require.NoDirExists(t, dir)
}

// TestBuildSaysWhatIsMissing, in one line, and fetches nothing for it.
func TestBuildSaysWhatIsMissing(t *testing.T) {
	for language, missing := range map[string]string{"go": "go is not in the PATH", "rust": "cargo is not in the PATH",
		"js": "node is not in the PATH", "c": "clang is not in the PATH", "assemblyscript": "run npm install first"} {
		dir := t.TempDir()
		require.NoError(t, Scaffold{Language: language, Name: "acme.hello"}.Write(dir))
		tools := t.TempDir()
		for _, tool := range []string{"dirname", "rm"} {
			path, err := exec.LookPath(tool)
			require.NoError(t, err)
			require.NoError(t, os.Symlink(path, filepath.Join(tools, tool)))
		}
		build := exec.CommandContext(t.Context(), "/bin/sh", filepath.Join(dir, "build.sh"))
		build.Env = []string{"PATH=" + tools}
		out, err := build.CombinedOutput()
		require.Error(t, err, language)
		require.Contains(t, string(out), missing)
		require.Equal(t, 1, strings.Count(string(out), "\n"), "%s", out)
	}
}
