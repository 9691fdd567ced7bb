package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/plugins/author"
	"github.com/revsync/revsync/sdk"
)

// builtinChecks installs the built-in checks as somebody's plugin, with one component: under their own name no plugin is
// loaded.
func builtinChecks(t *testing.T, component string) string {
	t.Helper()
	dir := t.TempDir()
	code, err := os.ReadFile("../../checks/builtin.wasm")
	require.NoError(t, err)
	code = bytes.ReplaceAll(code, []byte("revsync.checks"), []byte("example.checks"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "builtin.wasm"), code, 0o644))
	manifest := fmt.Sprintf(`{"apiVersion":"revsync.plugin/v1","name":"example.checks","runtime":"wasm","file":"builtin.wasm","sha256":"","components":[{"name":%q}]}`, component)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.json"), []byte(manifest), 0o644))
	pluginPasses(t, "pin", dir)
	return dir
}

// options are what no cluster knows; a request file has to say it.
const options = `{"facts":{"options":{"known":true,"reversible":true,"enableUserWriteBlocking":"sourceAndDestination","buildIndexes":"afterDataCopy","filtered":false}}}`

// TestPluginRecordsFacts: a check that judges facts is recorded with those of two real clusters and what the request
// says, and finds the same when they are gone. Of one cluster alone it learns that the other is not known.
func TestPluginRecordsFacts(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{})
	dir := builtinChecks(t, "topology")
	request := filepath.Join(t.TempDir(), "request.json")
	require.NoError(t, os.WriteFile(request, []byte(options), 0o644))
	source, destination := a.URI(mongotest.Sync), b.URI(mongotest.Sync)

	pluginCommand(t, "test", dir, "--record", source, "--record", destination, "--request", request, "--as", "both")
	doc, err := os.ReadFile(filepath.Join(dir, "transcripts", "both.json"))
	require.NoError(t, err)
	require.NotContains(t, string(doc), mongotest.Sync.Password())
	var kept author.Transcript
	require.NoError(t, json.Unmarshal(doc, &kept))
	facts := kept.Request.Facts
	require.Equal(t, []string{a.Name(), b.Name()}, []string{facts.Topology.Source.SetName, facts.Topology.Destination.SetName})
	require.True(t, facts.UniqueIndexes.Source.Known, facts.UniqueIndexes.Source.Error)
	require.True(t, facts.Options.Reversible)
	require.Equal(t, sdk.PerCluster[sdk.Versions]{}, facts.Versions, "the check does not ask for it")
	for _, f := range kept.Findings {
		require.NotContains(t, f.Code, "UNKNOWN")
	}

	code, out := pluginCommand(t, "run", dir, "--cluster", source, "--request", request)
	require.Equal(t, 3, code, out)
	require.Contains(t, out, "the destination is not connected")
	require.NoError(t, a.Stop())
	require.NoError(t, b.Stop())
	require.Contains(t, pluginPasses(t, "test", dir), "both.json: same")
}
