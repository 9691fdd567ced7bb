package author

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
)

// pinnedFolder is a plugin that may be signed, and a key to do it.
func pinnedFolder(t *testing.T) (dir, key, fingerprint string) {
	t.Helper()
	dir = folder(t, unpinned)
	_, err := Pin(dir)
	require.NoError(t, err)
	key = filepath.Join(t.TempDir(), "team")
	fingerprint, err = NewKey(key)
	require.NoError(t, err)
	return dir, key, fingerprint
}

func TestSignAndLookAtIt(t *testing.T) {
	dir, key, fingerprint := pinnedFolder(t)
	trusted, err := plugins.ReadTrustedKeys(key + ".pub")
	require.NoError(t, err)
	none, err := SignatureOf(dir, nil)
	require.NoError(t, err)
	require.Nil(t, none)
	none, err = SignatureOf(filepath.Join(dir, "m"), nil)
	require.NoError(t, err)
	require.Nil(t, none, "a bare file has none")
	_, err = SignatureOf(dir, trusted)
	require.ErrorIs(t, err, ErrManifest)

	by, err := Sign(dir, key)
	require.NoError(t, err)
	require.Equal(t, fingerprint, by)
	said, err := SignatureOf(dir, nil)
	require.NoError(t, err)
	require.Equal(t, &Signature{Key: fingerprint}, said)
	said, err = SignatureOf(dir, trusted)
	require.NoError(t, err)
	require.Equal(t, &Signature{Key: fingerprint, Verified: true}, said)

	doc, err := os.ReadFile(filepath.Join(dir, manifestFile))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestFile), append(doc, ' '), 0o644))
	_, err = SignatureOf(dir, trusted)
	require.ErrorIs(t, err, ErrManifest)
	require.ErrorContains(t, err, "somebody changed it")
}

// TestPinSaysWhatBecomesOfTheSignature: it holds as long as nothing changes, and is never taken away.
func TestPinSaysWhatBecomesOfTheSignature(t *testing.T) {
	dir, key, _ := pinnedFolder(t)
	_, err := Sign(dir, key)
	require.NoError(t, err)
	pinned, err := Pin(dir)
	require.NoError(t, err)
	require.False(t, pinned.SignatureEnds)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m"), []byte("another module"), 0o644))
	_, err = Sign(dir, key)
	require.ErrorIs(t, err, ErrManifest, "the file is not what the manifest pins")
	pinned, err = Pin(dir)
	require.NoError(t, err)
	require.True(t, pinned.SignatureEnds)
	require.FileExists(t, filepath.Join(dir, plugins.SignatureFile))
	_, err = Sign(dir, key)
	require.NoError(t, err)
}

func TestKeysAreNotWrittenOver(t *testing.T) {
	_, key, _ := pinnedFolder(t)
	secret, err := os.ReadFile(key)
	require.NoError(t, err)
	info, err := os.Stat(key)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = NewKey(key)
	require.ErrorContains(t, err, "is there already")
	again, err := os.ReadFile(key)
	require.NoError(t, err)
	require.Equal(t, secret, again)

	require.NoError(t, os.Remove(key))
	_, err = NewKey(key)
	require.ErrorContains(t, err, "team.pub is there already")
	require.NoFileExists(t, key, "half a pair is of no use")
}

func TestWhatDoesNotSign(t *testing.T) {
	dir, key, _ := pinnedFolder(t)
	_, err := Sign(dir, key+".pub")
	require.ErrorContains(t, err, `no PEM block "PRIVATE KEY"`)
	_, err = Sign(dir, key+".none")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Sign(folder(t, strings.Replace(unpinned, `"name": "c"`, `"name": "c", "color": "red"`, 1)), key)
	require.ErrorIs(t, err, ErrManifest)
	require.NoFileExists(t, filepath.Join(dir, plugins.SignatureFile))
}
