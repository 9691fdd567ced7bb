package author

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
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
	opened := func(trusted ...ed25519.PublicKey) (*Signature, error) {
		c, err := readFolder(dir, trusted)
		return c.signature, err
	}
	none, err := opened()
	require.NoError(t, err)
	require.Nil(t, none)
	_, err = opened(trusted...)
	require.ErrorIs(t, err, ErrManifest)
	require.ErrorContains(t, err, fmt.Sprintf("run: revsync plugin sign %q --key FILE", dir))

	by, err := Sign(dir, key)
	require.NoError(t, err)
	require.Equal(t, fingerprint, by)
	said, err := opened()
	require.NoError(t, err)
	require.Equal(t, &Signature{Key: fingerprint}, said)
	said, err = opened(trusted...)
	require.NoError(t, err)
	require.Equal(t, &Signature{Key: fingerprint, Verified: true}, said)

	doc, err := os.ReadFile(filepath.Join(dir, manifestFile))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestFile), append(doc, ' '), 0o644))
	_, err = opened(trusted...)
	require.ErrorIs(t, err, ErrManifest)
	require.ErrorContains(t, err, "somebody changed it")
}

// TestNothingUnsignedIsRun: with trusted keys nothing is loaded, not even to be asked what it is, before its signature is
// looked at.
func TestNothingUnsignedIsRun(t *testing.T) {
	dir, key, _ := pinnedFolder(t)
	trusted, err := plugins.ReadTrustedKeys(key + ".pub")
	require.NoError(t, err)
	loaded := errors.New("loaded")
	loaders := Loaders{"wasm": func(context.Context, plugins.Manifest, []byte) (plugins.Module, error) { return nil, loaded }}
	for _, path := range []string{dir, filepath.Join(dir, "m")} {
		_, err := Open(t.Context(), path, loaders, trusted...)
		require.ErrorIs(t, err, ErrManifest)
	}
	_, err = Sign(dir, key)
	require.NoError(t, err)
	_, err = Open(t.Context(), dir, loaders, trusted...)
	require.ErrorIs(t, err, loaded)
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
	require.ErrorContains(t, err, fmt.Sprintf("run: chmod 600 %q", key+".pub"))
	require.NoError(t, os.Chmod(key+".pub", 0o600))
	_, err = Sign(dir, key+".pub")
	require.ErrorContains(t, err, `no PEM block "PRIVATE KEY"`)
	_, err = Sign(dir, key+".none")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Sign(folder(t, strings.Replace(unpinned, `"name": "c"`, `"name": "c", "color": "red"`, 1)), key)
	require.ErrorIs(t, err, ErrManifest)
	require.NoFileExists(t, filepath.Join(dir, plugins.SignatureFile))
}

// TestWhatTheServerWouldNotRead is not opened, pinned or signed either.
func TestWhatTheServerWouldNotRead(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"writable for everybody": func(dir string) error { return os.Chmod(dir, 0o777) },
		"m is writable":          func(dir string) error { return os.Chmod(filepath.Join(dir, "m"), 0o666) },
		"plugin.json is writable": func(dir string) error {
			return os.Chmod(filepath.Join(dir, manifestFile), 0o666)
		},
		"links are not followed": func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, "m"), filepath.Join(dir, "other")), os.Symlink("other", filepath.Join(dir, "m")))
		},
	} {
		dir, key, _ := pinnedFolder(t)
		require.NoError(t, spoil(dir))
		_, err := Open(t.Context(), dir, nil)
		require.ErrorIs(t, err, ErrManifest)
		require.ErrorContains(t, err, name)
		_, err = Sign(dir, key)
		require.ErrorContains(t, err, name)
		_, err = Pin(dir)
		require.ErrorContains(t, err, name)
	}
}
