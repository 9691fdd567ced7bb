package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// writePlugin installs something that a test's own loader takes for a plugin.
func writePlugin(t *testing.T, folder, name string) {
	t.Helper()
	const digest = "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b" // of "code"
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "m.wasm"), []byte("code"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), []byte(`{"apiVersion":"revsync.plugin/v1","name":"`+name+
		`","runtime":"wasm","file":"m.wasm","sha256":"`+digest+`","components":[{"name":"c","phases":["preReverse"]}]}`), 0o644))
}

// passing is a module whose one check passes before a reverse.
func passing(name string) plugins.Module {
	pass := sdk.Check("c", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return nil, nil }, sdk.PhasePreReverse)
	return plugins.Native(sdk.Module{Name: name, Version: "1.0.0", Parts: []sdk.Part{pass}})
}

// digested stands for the built-in module, which has a digest.
type digested struct{ plugins.Module }

// Digest implements plugins.Digester.
func (digested) Digest() string { return "" }

// setOf is a set that has read the folder and loaded nothing yet.
func setOf(t *testing.T, dir string, load plugins.Loader) *checkSet {
	t.Helper()
	set := &checkSet{life: t.Context(), builtin: digested{passing("acme.builtin")}, dirs: []string{dir}, log: slog.New(slog.DiscardHandler),
		loaders: endingWith(map[string]plugins.Loader{"wasm": load}), patience: time.Minute}
	require.NoError(t, set.begin())
	return set
}

// runSet runs the set until ctx or the test ends.
func runSet(ctx context.Context, t *testing.T, set *checkSet) (ended chan error) {
	t.Helper()
	ctx, stop := context.WithCancel(ctx)
	ended = make(chan error, 1)
	go func() { ended <- set.run(ctx); close(ended) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, set.close())
	})
	return ended
}

// A set in which two plugins have one name refuses every command, so that a reload must not put it in the place of one
// that works.
func TestReloadWantsEachNameOnce(t *testing.T) {
	dir := t.TempDir()
	install := func(folder, name string) { writePlugin(t, filepath.Join(dir, folder), name) }
	set := setOf(t, dir, func(_ context.Context, m plugins.Manifest, _ []byte) (plugins.Module, error) {
		return passing(m.Name), nil
	})
	runSet(t.Context(), t, set)
	require.NoError(t, set.wait(t.Context()))
	loaded := func() (n int) {
		set.gate.Use(func(r *plugins.Runner) { n = len(r.Modules()) })
		return n
	}
	install("one", "acme.m")
	require.NoError(t, set.Reload(t.Context()))
	require.Equal(t, 2, loaded())
	install("two", "acme.m")
	err := set.Reload(t.Context())
	require.ErrorContains(t, err, filepath.Join(dir, "one"))
	require.ErrorContains(t, err, filepath.Join(dir, "two"))
	require.Equal(t, 2, loaded())
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "two")))
	install("three", "acme.builtin")
	require.ErrorContains(t, set.Reload(t.Context()), "the program itself")
	require.Equal(t, 2, loaded())
}
