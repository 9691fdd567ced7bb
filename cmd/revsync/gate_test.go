package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// A set in which two plugins have one name refuses every command, so that a reload must not put it in the place of one
// that works.
func TestReloadWantsEachNameOnce(t *testing.T) {
	dir := t.TempDir()
	install := func(folder, name string) {
		const digest = "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b" // of "code"
		require.NoError(t, os.Mkdir(filepath.Join(dir, folder), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder, "m.wasm"), []byte("code"), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder, "plugin.json"), []byte(`{"apiVersion":"revsync.plugin/v1","name":"`+name+
			`","runtime":"wasm","file":"m.wasm","sha256":"`+digest+`","components":[{"name":"c"}]}`), 0o644))
	}
	named := func(name string) plugins.Module {
		pass := sdk.Check("c", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return nil, nil }, sdk.PhasePreReverse)
		return plugins.Native(sdk.Module{Name: name, Version: "1.0.0", Parts: []sdk.Part{pass}})
	}
	set := &checkSet{life: t.Context(), builtin: named("acme.builtin"), dirs: []string{dir}, log: slog.New(slog.DiscardHandler),
		loaders: map[string]plugins.Loader{"wasm": func(_ context.Context, m plugins.Manifest, _ []byte) (plugins.Module, error) {
			return named(m.Name), nil
		}}}
	set.gate = plugins.NewRunner().Bind(guest.Hosts{})
	t.Cleanup(func() { require.NoError(t, set.close()) })
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
