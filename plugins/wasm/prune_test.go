package wasm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const month = 30 * 24 * time.Hour

// loadCompiled loads a small module as a runner does, and returns the folder of what it was compiled to.
func loadCompiled(t *testing.T, dir string) string {
	t.Helper()
	code, err := os.ReadFile("testdata/golden/c-no-friday.wasm")
	require.NoError(t, err)
	m, err := Load(t.Context(), code, Options{Compile: true, CacheDir: dir})
	require.NoError(t, err)
	require.NoError(t, m.Close(t.Context()))
	return filepath.Join(dir, m.Digest())
}

func entries(t *testing.T, module string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(module, "wazero-*", "*"))
	require.NoError(t, err)
	return files
}

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	removed, err := PruneCache(dir, month)
	require.NoError(t, err, "not there yet")
	require.Zero(t, removed)
	module := loadCompiled(t, dir)
	files := entries(t, module)
	require.Len(t, files, 1)
	removed, err = PruneCache(dir, month)
	require.NoError(t, err)
	require.Zero(t, removed)

	longAgo := time.Now().Add(-month - time.Hour)
	require.NoError(t, os.Chtimes(module, longAgo, longAgo))
	require.NoError(t, os.Chtimes(files[0], longAgo, longAgo))
	loadCompiled(t, dir)
	removed, err = PruneCache(dir, month)
	require.NoError(t, err)
	require.Zero(t, removed, "compiled long ago, and loaded today")
	require.Equal(t, files, entries(t, module))

	require.NoError(t, os.Chtimes(module, longAgo, longAgo))
	removed, err = PruneCache(dir, month)
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	require.Empty(t, entries(t, module))
	loadCompiled(t, dir)
	require.Len(t, entries(t, module), 1)
}

// TestPruneRemovesCompiledModulesOnly: of another release all, of other things none.
func TestPruneRemovesCompiledModulesOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	module := loadCompiled(t, dir)
	current := filepath.Base(filepath.Dir(entries(t, module)[0]))
	hash, elsewhere := strings.Repeat("0a", 32), t.TempDir()
	write := func(path ...string) string {
		file := filepath.Join(path...)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		return file
	}
	stale := []string{
		write(module, "wazero-v0.1.0-amd64-linux", hash),
		write(module, "wazero-v0.1.0-amd64-linux", hash+".123.tmp"),
		write(dir, current, hash), // as it was before modules had folders
	}
	longAgo := time.Now().Add(-writingTime - time.Minute)
	require.NoError(t, os.Chtimes(stale[1], longAgo, longAgo)) // whoever was writing it is gone
	kept := []string{
		write(module, "wazero-v0.1.0-amd64-linux", hash+".456.tmp"), // a server of another release is writing it
		entries(t, module)[0], write(dir, "README"), write(dir, hash), write(module, current, "README"), write(module, hash),
		write(module, "other", hash), write(dir, "other", current, hash), write(module, "wazero-v0.1.0-amd64-linux", strings.Repeat("0b", 32), hash),
		write(elsewhere, "wazero-v0.1.0-amd64-linux", hash),
	}
	require.NoError(t, os.Symlink(filepath.Join(elsewhere, "wazero-v0.1.0-amd64-linux"), filepath.Join(dir, "wazero-v0.2.0-amd64-linux")))
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(dir, hash+"x")))
	removed, err := PruneCache(dir, month)
	require.NoError(t, err)
	require.Equal(t, len(stale), removed)
	for _, file := range stale {
		require.NoFileExists(t, file)
	}
	for _, file := range kept {
		require.FileExists(t, file)
	}
	require.NoError(t, os.Chmod(dir, 0o755))
	_, err = PruneCache(dir, 0)
	require.ErrorContains(t, err, "mode 0755")
}
