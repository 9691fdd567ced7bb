package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// binary is one way to build revsync. The tests that run at the same time share
// the file; the last one removes it.
type binary struct {
	tags string

	mu    sync.Mutex
	users int
	dir   string
}

// plain is what everybody gets; crashing kills itself where REVSYNC_CRASH_AT
// says (core/internal/point).
var plain, crashing = &binary{}, &binary{tags: "crashpoints"}

// path builds the binary if need be, and keeps it until the end of the test.
func (b *binary) path(t *testing.T) string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users == 0 {
		b.build(t)
	}
	b.users++
	t.Cleanup(b.release)
	return filepath.Join(b.dir, "revsync")
}

func (b *binary) build(t *testing.T) {
	t.Helper()
	var err error
	b.dir, err = os.MkdirTemp("", "revsync-binary-*")
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", b.tags, "-o", filepath.Join(b.dir, "revsync"), ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func (b *binary) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users--; b.users == 0 {
		_ = os.RemoveAll(b.dir) // what is left lies in a temporary folder
	}
}
