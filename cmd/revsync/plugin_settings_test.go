package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A user whose cache folder cannot be made, as in a container, has plugins compiled at every start and not refused.
func TestCacheFolderThatCannotBeMade(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	dir := (&pluginSettings{}).cacheDir(log)
	require.DirExists(t, dir)
	require.True(t, filepath.IsLocal(mustRel(t, home, dir)))
	require.Empty(t, text.String())

	file := filepath.Join(home, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	t.Setenv("HOME", file)
	require.Empty(t, (&pluginSettings{}).cacheDir(log))
	require.Contains(t, text.String(), "--pluginCacheDir")
	require.Equal(t, file, (&pluginSettings{pluginCacheDir: file}).cacheDir(log), "what the operator names is not exchanged for nothing")
}

func mustRel(t *testing.T, base, path string) string {
	t.Helper()
	rel, err := filepath.Rel(base, path)
	require.NoError(t, err)
	return rel
}
