package folder

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOwn(t *testing.T) {
	made, err := Own(filepath.Join(t.TempDir(), "a", "b"))
	require.NoError(t, err)
	info, err := os.Stat(made)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(private), info.Mode().Perm())
	again, err := Own(made)
	require.NoError(t, err)
	require.Equal(t, made, again)

	require.NoError(t, os.Chmod(made, 0o750))
	_, err = Own(made)
	require.ErrorContains(t, err, "mode 0750")
	require.ErrorContains(t, err, "chmod 0700")
	require.NoError(t, os.Chmod(made, private))

	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(made, link))
	_, err = Own(link)
	require.ErrorContains(t, err, "links are not followed")

	require.NoError(t, os.Chmod(filepath.Dir(made), 0o777))
	_, err = Own(made)
	require.ErrorContains(t, err, "writable for everybody")
	require.NoError(t, os.Chmod(filepath.Dir(made), 0o777|os.ModeSticky))
	_, err = Own(made)
	require.NoError(t, err, "as in /tmp")
	_, err = Own(filepath.Dir(made))
	require.ErrorContains(t, err, "is shared by everybody; name a folder of your own", "nobody shall close /tmp for the others")

	file := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = Own(file)
	require.Error(t, err)
}

func TestFolderOfSomebodyElse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	path := filepath.Join(t.TempDir(), "theirs")
	require.NoError(t, os.Mkdir(path, private))
	require.NoError(t, os.Chown(path, 12345, -1))
	_, err := Own(path)
	require.ErrorContains(t, err, "belongs to another user")
}
