package author

import (
	"os"
	"os/exec"
	"path/filepath"
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
