package process

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
)

// What is no module, or not one of this contract, is refused with a reason, and nothing of it stays behind.
func TestProgramsThatAreNoModules(t *testing.T) {
	cases := map[string]struct {
		code []byte
		says string
	}{
		"nothing":                    {nil, ""},
		"rubbish":                    {[]byte("\x7fELF and no more"), ""},
		"a script that says hello":   {[]byte("#!/bin/sh\necho hello\n"), "hello"},
		"a script that says nothing": {[]byte("#!/bin/sh\nexit 0\n"), "exit status 0"},
		"an interpreter not there":   {[]byte("#!/no/such/thing\n"), "no such file"},
		"lines without end":          {playing(t, "prints"), "Unrecognized remote plugin message"},
		"one that fails at once":     {playing(t, "exits at once"), "no licence"},
		"another cookie":             {playing(t, "other cookie"), "not meant to be executed directly"},
		"another version":            {playing(t, "version 2"), "incompatible API version"},
		"another protocol":           {playing(t, "net/rpc"), `unsupported plugin protocol "netrpc"`},
		"an address elsewhere":       {playing(t, "elsewhere"), "neither a socket in its folder nor a loopback address"},
		"one that never connects":    {playing(t, "never connects"), "did not connect within"},
		"a socket that never speaks": {playing(t, "silent socket"), "did not connect within"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.Chmod(dir, 0o700))
			start := time.Now()
			opts := Options{Dir: dir, Start: time.Minute}
			if strings.Contains(c.says, "did not connect") { // it is waited for as long
				opts.Start = 3 * time.Second
			}
			_, err := Load(t.Context(), c.code, opts)
			require.ErrorContains(t, err, c.says)
			require.Less(t, len(err.Error()), 80<<10)
			require.Less(t, time.Since(start), 2*time.Minute)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
	_, err := Load(t.Context(), make([]byte, 101), Options{FileBytes: 100})
	require.ErrorContains(t, err, "101 bytes, more than 100")
}

func TestLoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := Load(ctx, playing(t, "never connects"), Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestRawAnswers(t *testing.T) {
	m := load(t, playing(t, "raw"), Options{})
	for component, says := range map[string]string{
		"nothing":            "not valid JSON",
		"rubbish":            "not valid JSON",
		"half":               "not valid JSON",
		"no findings":        "no list of findings",
		"a verdict":          "no list of findings",
		"over":               "more than 1048576",
		"far over":           "reply is larger than",
		"odd code":           "INTERNAL: mmm",
		"another evaluation": "FAILED_PRECONDITION: the evaluation is over",
		"no evaluation":      "PERMISSION_DENIED: a module makes no host call while it describes itself",
		"long name":          "INVALID_ARGUMENT",
		"broken text":        "the module's process broke",
		"unknown":            "no such component",
	} {
		t.Run(component, func(t *testing.T) {
			_, err := ask(t, m, component, conformance.Host{}, time.Minute)
			require.ErrorContains(t, err, says)
			require.Less(t, len(err.Error()), 64<<10)
		})
	}
	resp, err := ask(t, m, "from the future", nil, time.Minute)
	require.NoError(t, err)
	require.Len(t, resp.Findings, 1)
}

// The copy in the engine's folder is looked at before each start.
func TestCopyThatWasExchanged(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	_, err := ask(t, m, "exits", nil, time.Minute)
	require.Error(t, err)
	require.NoError(t, os.Remove(m.verified))
	require.NoError(t, os.WriteFile(m.verified, playing(t, "raw"), 0o700))
	_, err = ask(t, m, "says", nil, time.Minute)
	require.ErrorContains(t, err, "somebody changed the engine's own copy")
}

// pluginFolder is a folder with one plugin in it.
func pluginFolder(t *testing.T, code []byte, digest string, fields string) string {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "p")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "module"), code, 0o644)) // need not be executable: the copy is
	manifest := fmt.Sprintf(`{"apiVersion":"revsync.plugin/v1","file":"module","sha256":%q,%s}`, digest, fields)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), []byte(manifest), 0o644))
	return dir
}

func sum(code []byte) string {
	s := sha256.Sum256(code)
	return hex.EncodeToString(s[:])
}

// A plugin folder, through the loader, the runner and the guest host, to the clusters and back; and what the operator
// does not grant is denied and recorded.
func TestPluginFolderEndToEnd(t *testing.T) {
	code := playing(t, "sdk")
	const components = `"name":"acme.process","runtime":"grpc","components":[{"name":"asks"%s}]`
	grants := `,"grants":[{"cluster":"destination","op":"runCommand","commands":["buildInfo"]}]`
	for name, granted := range map[string]bool{"granted": true, "not granted": false} {
		t.Run(name, func(t *testing.T) {
			fields := fmt.Sprintf(components, map[bool]string{true: grants}[granted])
			list, err := plugins.Discover(t.Context(), pluginFolder(t, code, sum(code), fields), map[string]plugins.Loader{"grpc": Loader(Options{})})
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.NoError(t, list[0].LoadError())
			gate := plugins.Options{Limits: plugins.Limits{Check: 30 * time.Second}}.NewRunner(list[0])
			defer func() { require.NoError(t, gate.Close(t.Context())) }()
			sent := 0
			clusters := guest.CommanderFunc(func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) {
				sent++
				return json.RawMessage(`{"version":"6.0.27"}`), nil
			})
			report, err := gate.Review(t.Context(), sdk.Request{Trigger: sdk.TriggerReverse}, &guest.Hosts{Commander: clusters})
			require.NoError(t, err)
			require.Equal(t, granted, report.Eligible, "%+v", report.Results)
			require.Equal(t, sum(code), report.Results[0].ModuleDigest)
			if granted {
				require.Equal(t, "6.0.27", report.Results[0].Findings[0].Message)
				require.Equal(t, 1, sent)
				return
			}
			require.Zero(t, sent)
			require.Equal(t, "buildInfo", report.Results[0].Denied[0].Command)
			require.Contains(t, report.Results[0].Denied[0].Reason, "does not grant")
		})
	}
}

func TestManifestsThatCannotWork(t *testing.T) {
	code := playing(t, "sdk")
	for name, c := range map[string]struct{ digest, fields, says string }{
		"wrong checksum": {sum([]byte("x")), `"runtime":"grpc"`, "somebody changed the file"},
		"in process":     {sum(code), `"runtime":"grpc","isolation":"inProcess"`, "cannot run with isolation"},
		"memory":         {sum(code), `"runtime":"grpc","memoryMiB":5`, "memoryMiB is for WASM modules"},
		"another name":   {sum(code), `"runtime":"grpc"`, `calls itself "acme.process"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := pluginFolder(t, code, c.digest, `"name":"acme.other","components":[{"name":"asks"}],`+c.fields)
			list, err := plugins.Discover(t.Context(), dir, map[string]plugins.Loader{"grpc": Loader(Options{})})
			require.NoError(t, err)
			require.ErrorContains(t, list[0].LoadError(), c.says)
		})
	}
}
