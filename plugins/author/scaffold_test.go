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
			require.NoError(t, Scaffold{Language: language, Name: "acme.hello", SDK: root}.Write(dir))
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

// TestHelloWorldsAreShort: what init writes for the languages with an SDK is at most 15 lines, the unit test in Rust's included.
func TestHelloWorldsAreShort(t *testing.T) {
	for _, file := range []string{"go/check.go.tmpl", "rust/src/lib.rs", "js/check.js"} {
		source, err := templates.ReadFile("templates/" + file)
		require.NoError(t, err)
		require.LessOrEqual(t, len(strings.FieldsFunc(string(source), func(r rune) bool { return r == '\n' })), 15, file)
	}
}

func TestWhatCannotBeginAModule(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	require.ErrorContains(t, Scaffold{Language: "cobol", Name: "acme.hello"}.Write(dir), "only for assemblyscript, c, go, js, rust")
	require.ErrorContains(t, Scaffold{Language: "c", Name: "Acme"}.Write(dir), `name "Acme"`)
	require.ErrorContains(t, Scaffold{Language: "go", Name: "acme.hello", SDK: t.TempDir()}.Write(dir), "there is no copy of revsync's sources")
	require.NoDirExists(t, dir)
}
