package author

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

const unpinned = `{ "apiVersion": "revsync.plugin/v1", "name": "a.b", "runtime": "wasm", "file": "m",
  "sha256" : "", "components": [{"name": "c"}] }`

func folder(t *testing.T, manifest string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m"), []byte("module"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestFile), []byte(manifest), 0o644))
	return dir
}

func TestPinChangesTheDigestOnly(t *testing.T) {
	dir := folder(t, unpinned)
	pinned, err := Pin(dir)
	require.NoError(t, err)
	require.False(t, pinned.SignatureEnds)
	doc, err := os.ReadFile(filepath.Join(dir, manifestFile))
	require.NoError(t, err)
	require.Equal(t, strings.Replace(unpinned, `"sha256" : ""`, `"sha256" : "`+pinned.Digest+`"`, 1), string(doc))
	again, err := Pin(dir)
	require.NoError(t, err)
	require.Equal(t, pinned, again)
}

func TestPinWritesNoBadManifest(t *testing.T) {
	for _, manifest := range []string{
		`{`,
		strings.Replace(unpinned, `"sha256" : "", `, "", 1),
		strings.Replace(unpinned, `"m"`, `"../m"`, 1),
		strings.Replace(unpinned, `"name": "c"`, `"name": "c", "color": "red"`, 1),
		strings.Replace(unpinned, `{"name": "c"}`, `{"name": "c", "config": {"sha256": "x"}}`, 1),
		strings.Replace(strings.Replace(unpinned, `"sha256" : "", `, "", 1), `{"name": "c"}`, `{"name": "c", "config": {"sha256": "x"}}`, 1),
	} {
		dir := folder(t, manifest)
		_, err := Pin(dir)
		require.ErrorIs(t, err, ErrManifest, manifest)
		doc, err := os.ReadFile(filepath.Join(dir, manifestFile))
		require.NoError(t, err)
		require.Equal(t, manifest, string(doc))
	}
}

// TestWhatIsNoPluginYet names the step that is missing.
func TestWhatIsNoPluginYet(t *testing.T) {
	dir := folder(t, unpinned)
	_, err := Open(t.Context(), dir, nil)
	require.ErrorIs(t, err, ErrManifest)
	require.ErrorContains(t, err, fmt.Sprintf("run: revsync plugin pin %q", dir))
	_, err = Pin(dir)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "m")))
	_, err = Open(t.Context(), dir, nil)
	require.ErrorIs(t, err, ErrManifest)
	require.ErrorContains(t, err, "build it first")
	_, err = Pin(dir)
	require.ErrorContains(t, err, "build it first")
	require.NoError(t, os.Remove(filepath.Join(dir, manifestFile)))
	_, err = Open(t.Context(), dir, nil)
	require.ErrorIs(t, err, ErrManifest)
	require.ErrorContains(t, err, "revsync plugin init makes one")
	_, err = Pin(filepath.Join(dir, "nowhere"))
	require.ErrorContains(t, err, "nowhere is not the folder of a plugin")
}

// TestFilesThatAreNoModule are not run: a text, and a program of this system for another processor.
func TestFilesThatAreNoModule(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes")
	require.NoError(t, os.WriteFile(text, []byte("rm -rf everything"), 0o755))
	_, err := Open(t.Context(), text, nil)
	require.ErrorContains(t, err, text+" is neither a WASM module nor a program")
	require.NoError(t, os.WriteFile(text, []byte("\x7fELF"), 0o755))
	foreign := func(context.Context, plugins.Manifest, []byte) (plugins.Module, error) {
		return nil, fmt.Errorf("start: %w", syscall.ENOEXEC)
	}
	_, err = Open(t.Context(), text, Loaders{"grpc": foreign})
	require.ErrorContains(t, err, "built for another processor or system")
}

func TestSecretsAreRemoved(t *testing.T) {
	doc := `{"n":{"$numberLong":"9007199254740993"},"f":1.50,"users":[{"user":"u","credentials":{"SCRAM-SHA-256":{"storedKey":"k1"}}}],
		"$clusterTime":{"signature":{"hash":"k2"}},"parsed":{"security":{"keyFile":"k3"},"net":{"tls":{"certificateKeyFilePassword":"k4"}}},
		"argv":["mongodb://me:k5@host/?x=y"],"key":{"b":1,"a":-1},"none":[],"empty":{},"nil":null,"yes":[true,false]}`
	out, err := withoutSecrets(json.RawMessage(doc))
	require.NoError(t, err)
	require.Equal(t, `{"n":{"$numberLong":"9007199254740993"},"f":1.50,"users":[{"user":"u","credentials":"removed"}],`+
		`"$clusterTime":{"signature":"removed"},"parsed":{"security":{"keyFile":"removed"},"net":{"tls":{"certificateKeyFilePassword":"removed"}}},`+
		`"argv":["mongodb://***@host/?x=y"],"key":{"b":1,"a":-1},"none":[],"empty":{},"nil":null,"yes":[true,false]}`, string(out))
	for _, cut := range []string{"", "{", `{"a"`, `{"a":1`, `[1,`, `{"pwd":`, `{"pwd":1,}`} {
		_, err := withoutSecrets(json.RawMessage(cut))
		require.Error(t, err, cut)
	}
}

// asking is a plugin that finds what buildInfo says on the side that its request's sync id names.
func asking() *Plugin {
	check := sdk.Check("asks", func(ctx context.Context, h sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
		var reply struct{ Version, Password string }
		err := sdk.RunCommand(ctx, h, sdk.Command{Cluster: sdk.Role(r.Sync.ID), Database: "admin", Name: "buildInfo", Value: 1}, &reply)
		if err != nil {
			return []sdk.Finding{sdk.Warningf("UNKNOWN", "%v", err)}, nil
		}
		return []sdk.Finding{sdk.Infof("VERSION", "%s %s %s", reply.Version, reply.Password, r.Now.Format(time.DateOnly))}, nil
	}).Asks(sdk.RoleSource, "buildInfo")
	module := plugins.Native(sdk.Module{Name: "acme.asks", Version: "1", Parts: []sdk.Part{check}})
	descriptor, _ := module.Describe(context.Background())
	return &Plugin{Module: module, Descriptor: descriptor}
}

func TestReplayIsWhatWasRecorded(t *testing.T) {
	clusters := guest.CommanderFunc(func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"version":"6.0.5<","password":"tops3cret"}`), nil
	})
	for _, side := range []string{"source", "destination"} { // destination is denied
		p := asking()
		recorded, report, err := p.Record(t.Context(), sdk.Request{Sync: sdk.Sync{ID: side}}, clusters)
		require.NoError(t, err)
		require.Equal(t, side == "destination", len(report.Results[0].Denied) == 1)
		doc, err := recorded.Encode()
		require.NoError(t, err)
		require.NotContains(t, string(doc), "tops3cret")
		var read Transcript
		require.NoError(t, json.Unmarshal(doc, &read))
		require.Len(t, read.Calls, 1)
		require.NoError(t, p.Replay(t.Context(), &read))

		more := read
		more.Calls = append([]Call{{Op: "time.now"}}, read.Calls...)
		require.ErrorContains(t, p.Replay(t.Context(), &more), "no longer asks")
		less := read
		less.Calls = nil
		require.ErrorContains(t, p.Replay(t.Context(), &less), "not in the transcript")
		other := read
		other.Findings = nil
		require.ErrorContains(t, p.Replay(t.Context(), &other), "the transcript has nothing")
	}
}

// TestReplayHasNoMoreRights than the manifest grants, whatever the transcript could answer.
func TestReplayHasNoMoreRights(t *testing.T) {
	p := asking()
	p.Manifest = &plugins.Manifest{Components: []plugins.ManifestComponent{{Name: "asks", Grants: p.Descriptor.Components[0].Capabilities}}}
	clusters := guest.CommanderFunc(func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"version":"6.0.5"}`), nil
	})
	recorded, _, err := p.Record(t.Context(), sdk.Request{Sync: sdk.Sync{ID: "source"}}, clusters)
	require.NoError(t, err)
	require.NoError(t, p.Replay(t.Context(), recorded))
	p.Manifest.Components[0].Grants = nil
	err = p.Replay(t.Context(), recorded)
	require.ErrorContains(t, err, "it has no right to ask runCommand")
	require.NotContains(t, err.Error(), "no longer asks")
}

func TestRunNamesWhatIsMissing(t *testing.T) {
	_, err := ReadRequest([]byte(`{"nwo":"2026-01-02T03:04:05Z"}`))
	require.ErrorContains(t, err, `unknown field "nwo"`)
	_, err = ReadRequest([]byte(`{} {}`))
	require.ErrorContains(t, err, "data after the document")
	_, err = asking().Run(t.Context(), sdk.Request{Component: "other"}, nil)
	require.ErrorContains(t, err, `no component "other"`)
	_, err = asking().Run(t.Context(), sdk.Request{Phase: sdk.PhasePreCommit}, nil)
	require.ErrorContains(t, err, "does not run in phase preCommit")
}

func TestScaffoldLeavesOtherFilesAlone(t *testing.T) {
	dir := folder(t, "{}")
	require.ErrorContains(t, Scaffold{Language: "go", Name: "a.b"}.Write(dir), "not empty")
	require.Subset(t, Languages(), []string{"assemblyscript", "c", "go", "rust"})
	require.ErrorContains(t, Scaffold{Language: "cobol", Name: "a.b"}.Write(t.TempDir()), strings.Join(Languages(), ", "))
}
