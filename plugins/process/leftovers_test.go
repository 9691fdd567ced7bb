//go:build unix

package process

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Folders of engines that were killed are removed, those in use and those of others are not.
func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	old := time.Now().Add(-time.Hour)
	folder := func(name string, mode os.FileMode, made time.Time) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.Mkdir(path, mode))
		require.NoError(t, os.WriteFile(filepath.Join(path, copyName), nil, 0o600))
		require.NoError(t, os.Chtimes(path, made, made))
		return path
	}
	left := folder(folderPrefix+"1", 0o700, old)
	recent := folder(folderPrefix+"2", 0o700, time.Now())
	strange := folder(folderPrefix+"3", 0o755, old)
	other := folder("other", 0o700, old)
	require.NoError(t, os.Symlink(other, filepath.Join(left, socketsLink))) // a module may have put it there
	require.NoError(t, os.Chtimes(left, old, old))
	m := load(t, playing(t, "sdk"), Options{Dir: dir})
	require.NoError(t, os.Chtimes(m.program.dir, old, old))
	load(t, playing(t, "sdk"), Options{Dir: dir})
	require.NoDirExists(t, left)
	for _, path := range []string{recent, strange, other, m.program.dir} {
		require.DirExists(t, path)
	}
	_, err := ask(t, m, "says", nil, time.Minute)
	require.NoError(t, err)
}
