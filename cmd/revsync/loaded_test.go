package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/checks"
	"github.com/revsync/revsync/hostapi/rest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

func TestLoadedPlugins(t *testing.T) {
	dir := t.TempDir()
	write := func(folder, manifest string) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, folder), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder, "plugin.json"), []byte(manifest), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder, "m.wasm"), []byte("code"), 0o644))
	}
	const digest = "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b" // of "code"
	write("acme.good", `{"apiVersion":"revsync.plugin/v1","name":"acme.good","runtime":"wasm","file":"m.wasm","sha256":"`+digest+`",
		"components":[{"name":"age","failurePolicy":"ignore","config":{"secret":1},
		"grants":[{"cluster":"source","op":"runCommand","commands":["hello"]}]}]}`)
	write("broken", `{}`)
	asks := []sdk.Capability{{Cluster: sdk.RoleSource, Op: sdk.OpRunCommand, Commands: []string{"hello"}}}
	check := sdk.Check("age", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return nil, nil }, sdk.PhasePreReverse)
	check.Capabilities, check.ConfigSchema = asks, []byte(`{"type":"object"}`)
	good := plugins.Native(sdk.Module{Name: "acme.good", Version: "1.0.0", Parts: []sdk.Part{check}})
	found, err := plugins.Discover(t.Context(), dir, map[string]plugins.Loader{"wasm": func(context.Context, plugins.Manifest, []byte) (plugins.Module, error) { return good, nil }})
	require.NoError(t, err)
	require.NoError(t, found[0].LoadError())
	builtin, err := checks.Builtin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, builtin.Close(context.Background())) })

	list := showAll(t.Context(), []plugins.Module{builtin, found[0], found[1]})
	require.Len(t, list, 3)
	var names []string
	for _, c := range list[0].Components {
		require.True(t, c.Required)
		names = append(names, list[0].Name+"/"+c.Name)
	}
	require.Subset(t, names, checks.Required())
	require.Equal(t, "builtin", list[0].Runtime)
	require.Equal(t, rest.Plugin{Name: "acme.good", Version: "1.0.0", Runtime: "wasm", SHA256: digest, Components: []rest.PluginComponent{
		{Name: "age", Kind: sdk.KindCheck, Phases: []sdk.Phase{sdk.PhasePreReverse}, Grants: asks}}}, list[1])
	require.Equal(t, "broken", list[2].Name)
	require.Equal(t, "unknown", list[2].Runtime)
	require.NotNil(t, list[2].Error)
}
