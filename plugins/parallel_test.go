package plugins

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPluginsAreLoadedSideBySide: two at a time, and the list is in the order of the folders all the same.
func TestPluginsAreLoadedSideBySide(t *testing.T) {
	dir, plugin := folder(t, manifest())
	const count = 7
	for i := range count {
		require.NoError(t, os.CopyFS(filepath.Join(dir, fmt.Sprintf("p%d", i)), os.DirFS(plugin)))
	}
	require.NoError(t, os.RemoveAll(plugin))
	var mu sync.Mutex
	running, most := 0, 0
	both := make(chan struct{}) // closed when two are being loaded
	slow := func(ctx context.Context, m Manifest, content []byte) (Module, error) {
		mu.Lock()
		running++
		if running == 2 && most < 2 {
			close(both)
		}
		most = max(most, running)
		mu.Unlock()
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			running--
		}()
		select {
		case <-both:
			return loadTest(ctx, m, content)
		case <-time.After(10 * time.Second):
			return nil, errors.New("nobody else is being loaded")
		}
	}
	list, err := Discover(t.Context(), dir, map[string]Loader{"test": slow})
	require.NoError(t, err)
	require.Len(t, list, count)
	for i, p := range list {
		require.NoError(t, p.LoadError())
		require.Equal(t, filepath.Join(dir, fmt.Sprintf("p%d", i)), p.Folder())
	}
	require.Equal(t, loadedAtOnce, most)
}
