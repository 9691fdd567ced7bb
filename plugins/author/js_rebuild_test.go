package author

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRuntimeIsWhatItsSourcesMake builds the runtime of JavaScript anew, which takes half a minute and fetches QuickJS; so
// it has to be asked for: REBUILD_JS=1 go test -run TestRuntimeIsWhatItsSourcesMake ./plugins/author
func TestRuntimeIsWhatItsSourcesMake(t *testing.T) {
	if os.Getenv("REBUILD_JS") == "" {
		t.Skip("runtime.wasm is only built anew with REBUILD_JS=1")
	}
	for tool, version := range map[string]string{"rustc": "rustc 1.95.0 ", "clang": "Debian clang version 14.0.6"} {
		out, err := exec.CommandContext(t.Context(), tool, "--version").Output()
		if err != nil || !strings.HasPrefix(string(out), version) {
			t.Skipf("runtime.wasm cannot be compared: %s here is %q, not %s", tool, out, version)
		}
	}
	built := filepath.Join(t.TempDir(), "runtime.wasm")
	cmd := exec.CommandContext(t.Context(), "../../sdk/js/build.sh", built)
	cmd.Env = append(os.Environ(), "CARGO_TARGET_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	want, err := templates.ReadFile("templates/js/runtime.wasm")
	require.NoError(t, err)
	got, err := os.ReadFile(built)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "runtime.wasm is not what sdk/js makes: run sdk/js/build.sh")
}
