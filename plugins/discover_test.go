package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

const code = "the module's bytes"

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func manifest() Manifest {
	return Manifest{APIVersion: sdk.APIVersion, Name: "acme.m", Runtime: "test", File: "m.bin", SHA256: digest(code),
		Components: []ManifestComponent{{Name: "c", Grants: []sdk.Capability{{Cluster: sdk.RoleSource, Op: sdk.OpRunCommand, Commands: []string{"buildInfo"}}}}}}
}

// loadTest is a loader that asserts what it is given.
func loadTest(_ context.Context, m Manifest, content []byte) (Module, error) {
	if string(content) != code {
		return nil, errors.New("other bytes than those that were hashed")
	}
	return module(m.Name, saying("c").Asks(sdk.RoleAny, "buildInfo", "listIndexes"), saying("d")), nil
}

// folder makes a plugin folder with one plugin in it.
func folder(t *testing.T, m Manifest) (dir, plugin string) {
	t.Helper()
	dir = t.TempDir()
	plugin = filepath.Join(dir, "m")
	require.NoError(t, os.Mkdir(plugin, 0o755))
	doc, err := json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(plugin, manifestFile), doc, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(plugin, "m.bin"), []byte(code), 0o644))
	return dir, plugin
}

func discover(t *testing.T, dir string) []*Installed {
	t.Helper()
	list, err := Discover(t.Context(), dir, map[string]Loader{"test": loadTest})
	require.NoError(t, err)
	return list
}

func TestDiscover(t *testing.T) {
	dir, plugin := folder(t, manifest())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README"), nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755))
	list := discover(t, dir)
	require.Len(t, list, 1)
	require.NoError(t, list[0].LoadError())
	require.Equal(t, plugin, list[0].Folder())
	require.Equal(t, digest(code), list[0].Digest())
	report := reviewed(t, NewRunner(list[0]))
	require.True(t, report.Eligible)
	require.Equal(t, "c", one(t, report).Component, "only what the manifest names runs")
	require.Equal(t, digest(code), one(t, report).ModuleDigest)
	require.NoError(t, list[0].Close(t.Context()))
}

func TestPluginThatCannotBeLoadedRefuses(t *testing.T) {
	write := func(name, text string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, plugin string) {
			require.NoError(t, os.WriteFile(filepath.Join(plugin, name), []byte(text), 0o644))
			require.NoError(t, os.Chmod(filepath.Join(plugin, name), mode))
		}
	}
	cases := map[string]struct {
		edit   func(*Manifest)
		damage func(*testing.T, string)
		says   string
	}{
		"changed file":             {nil, write("m.bin", "evil", 0o644), "somebody changed the file"},
		"wrong digest":             {func(m *Manifest) { m.SHA256 = digest("x") }, nil, "the manifest pins"},
		"file for everybody":       {nil, write("m.bin", code, 0o666), "writable for everybody"},
		"manifest for everybody":   {nil, func(t *testing.T, p string) { require.NoError(t, os.Chmod(filepath.Join(p, manifestFile), 0o666)) }, "writable for everybody"},
		"folder for everybody":     {nil, func(t *testing.T, p string) { require.NoError(t, os.Chmod(p, 0o777)) }, "writable for everybody"},
		"no manifest":              {nil, func(t *testing.T, p string) { require.NoError(t, os.Remove(filepath.Join(p, manifestFile))) }, "no such file"},
		"no file":                  {nil, func(t *testing.T, p string) { require.NoError(t, os.Remove(filepath.Join(p, "m.bin"))) }, "no such file"},
		"rubbish manifest":         {nil, write(manifestFile, "{", 0o644), "manifest"},
		"linked file":              {nil, link("m.bin"), "links are not followed"},
		"linked manifest":          {nil, link(manifestFile), "links are not followed"},
		"unknown runtime":          {func(m *Manifest) { m.Runtime = "grpc" }, nil, `runtime "grpc" is not available`},
		"component that is not in": {func(m *Manifest) { m.Components[0].Name = "x" }, nil, `no component "x"`},
		"phase not offered":        {func(m *Manifest) { m.Components[0].Phases = []sdk.Phase{sdk.PhasePreStart} }, nil, `does not offer phase "preStart"`},
		"grant not asked for":      {func(m *Manifest) { m.Components[0].Grants[0].Commands = []string{"count"} }, nil, `grant of command "count" on source`},
		"grant that writes":        {func(m *Manifest) { m.Components[0].Grants[0].Commands = []string{"drop"} }, nil, "not on the read-only list"},
		"grant of nothing":         {func(m *Manifest) { m.Components[0].Grants[0].Commands = nil }, nil, "names no command"},
		"config without schema":    {func(m *Manifest) { m.Components[0].Config = json.RawMessage(`{"a":1}`) }, nil, "takes no configuration"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := manifest()
			if c.edit != nil {
				c.edit(&m)
			}
			dir, plugin := folder(t, m)
			if c.damage != nil {
				c.damage(t, plugin)
			}
			list := discover(t, dir)
			require.Len(t, list, 1)
			require.ErrorContains(t, list[0].LoadError(), c.says)
			if name != "phase not offered" { // that manifest says that it is about a start
				require.False(t, reviewed(t, NewRunner(list[0])).Eligible)
			}
			require.False(t, reviewed(t, NewRunner(list[0]), func(r *sdk.Request) { r.Trigger = sdk.TriggerStart }).Eligible, "nobody knows that it was for reverse only")
			require.NoError(t, list[0].Close(t.Context()))
		})
	}
}

// link replaces a file by a link to a copy of it elsewhere.
func link(name string) func(*testing.T, string) {
	return func(t *testing.T, plugin string) {
		path := filepath.Join(plugin, name)
		elsewhere := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.Rename(path, elsewhere))
		require.NoError(t, os.Symlink(elsewhere, path))
	}
}

func TestLinkedPluginFolderRefuses(t *testing.T) {
	_, plugin := folder(t, manifest())
	dir := t.TempDir()
	require.NoError(t, os.Symlink(plugin, filepath.Join(dir, "linked")))
	list := discover(t, dir)
	require.Len(t, list, 1)
	require.ErrorContains(t, list[0].LoadError(), "links are not followed")
	require.False(t, reviewed(t, NewRunner(list[0])).Eligible)
}

func TestFolderItself(t *testing.T) {
	_, err := Discover(t.Context(), filepath.Join(t.TempDir(), "none"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	open := t.TempDir()
	require.NoError(t, os.Chmod(open, 0o777))
	_, err = Discover(t.Context(), open, nil)
	require.ErrorContains(t, err, "writable for everybody")
	file := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err = Discover(t.Context(), file, nil)
	require.ErrorContains(t, err, "not a folder")
}

// TestMisspelledPhaseRefuses: nobody knows which phase was meant, so that it must not be one that nothing goes through.
func TestMisspelledPhaseRefuses(t *testing.T) {
	m := manifest()
	m.Components[0].Phases = []sdk.Phase{sdk.PhasePreReverse, "preComit"}
	dir, _ := folder(t, m)
	list := discover(t, dir)
	require.ErrorContains(t, list[0].LoadError(), `phase "preComit"`)
	for _, trigger := range sdk.Triggers {
		report, err := NewRunner(list[0]).Review(t.Context(), sdk.Request{Trigger: trigger}, nil)
		require.NoError(t, err)
		require.False(t, report.Eligible, trigger)
	}
}
