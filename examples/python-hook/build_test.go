// Package pythonhook holds only the tests of the example: a hook in Python.
package pythonhook

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// notToBeHad is what pip says when it cannot reach a registry, or when that does not have the package.
var notToBeHad = regexp.MustCompile(`No matching distribution|ConnectionError|Max retries exceeded|Temporary failure in name resolution|No module named pip`)

var build = sync.OnceValues(func() (out []byte, err error) {
	folder, err := os.MkdirTemp("", "revsync-python-hook-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "journal")
	if out, err := exec.CommandContext(context.Background(), "./build.sh", file).CombinedOutput(); err != nil {
		return out, err
	}
	return os.ReadFile(file)
})

// program is the file that build.sh makes.
func program(t testing.TB) []byte {
	t.Helper()
	for _, tool := range []string{"python3", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no toolchain for Python here: %s is not in the PATH", tool)
		}
	}
	if exec.CommandContext(t.Context(), "python3", "-c", "import sys; sys.exit(sys.version_info < (3, 11))").Run() != nil {
		t.Skip("no toolchain for Python here: python3 is older than 3.11")
	}
	code, err := build()
	if err != nil && notToBeHad.Match(code) {
		t.Skipf("no toolchain for Python here: pip cannot provide requirements.txt: %s", code)
	}
	require.NoError(t, err, "%s", code)
	return code
}
