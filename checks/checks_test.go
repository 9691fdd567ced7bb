package checks

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/checks/internal/build"
	"github.com/revsync/revsync/checks/internal/checktest"
	"github.com/revsync/revsync/checks/validators"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
)

// folders maps each component to the folder of its cases.
var folders = map[string]string{"permissions": "permissions", "versions": "versions", "topology": "topology",
	"unique-index-format": "uniqueindex", "oplog-window": "oplogwindow", "divergence": "divergence", "way-back": "wayback"}

func load(t testing.TB) plugins.Module {
	t.Helper()
	m, err := Builtin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close(t.Context())) })
	return m
}

func TestBuiltinIsWhatTheSourcesMake(t *testing.T) {
	committed, err := build.ReadStamp(".")
	require.NoError(t, err)
	embedded := build.StampOf(builtin)
	require.Equal(t, committed.SHA256, embedded.SHA256, "builtin.wasm and builtin.json do not belong together: run go generate ./checks")
	if committed.Go != embedded.Go {
		load(t)
		t.Skipf("builtin.wasm was built by %s, this is %s: the bytes cannot be compared, only that it loads was tested", committed.Go, embedded.Go)
	}
	rebuilt, err := build.Compile(t.Context(), ".", filepath.Join(t.TempDir(), build.ModuleFile))
	require.NoError(t, err)
	require.Equal(t, rebuilt, committed, "builtin.wasm is not what the sources make: run go generate ./checks")
}

func TestBuiltinHoldsAllChecks(t *testing.T) {
	d, err := load(t).Describe(t.Context())
	require.NoError(t, err)
	module := validators.Module()
	require.Equal(t, module.Descriptor(), d)
	require.Len(t, Required(), len(folders))
	for _, c := range d.Components {
		require.Contains(t, folders, c.Name)
	}
}

// What takes most code, and with it most time to load, is not in the module. A name is there when its function is.
func TestBuiltinIsSmall(t *testing.T) {
	require.Contains(t, string(builtin), "sdk.DecodeRequest")
	for _, name := range []string{"fmt.Sprintf", "fmt.Errorf", "encoding/json.Marshal", "encoding/json.Unmarshal", "time.Parse"} {
		require.False(t, bytes.Contains(builtin, []byte(name)), "a check or package sdk uses %s again, see docs/checks.md", name)
	}
}

// Every case that the checks pass as Go code is run again through the sandbox, to the same answer.
func TestCasesAsWASM(t *testing.T) {
	m := load(t)
	for component, folder := range folders {
		t.Run(component, func(t *testing.T) {
			t.Parallel()
			checktest.Run(t, folder, component, twice{t, m})
		})
	}
}

// twice evaluates as WASM and as Go code. The module is built with the tag revsync_small: where that formats or encodes
// otherwise, the answers differ.
type twice struct {
	t    *testing.T
	wasm plugins.Module
}

func (e twice) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	resp, err := e.wasm.Evaluate(ctx, host, req)
	native, errNative := Native().Evaluate(ctx, host, req)
	require.Equal(e.t, errNative, err)
	got, err := json.Marshal(resp)
	require.NoError(e.t, err)
	want, err := json.Marshal(native)
	require.NoError(e.t, err)
	require.JSONEq(e.t, string(want), string(got))
	require.NotContains(e.t, string(got), "%!")
	return resp, nil
}

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		Open: func(t testing.TB) plugins.Module { return load(t) },
		Request: func(t testing.TB, component string) sdk.Request {
			return checktest.Load(t, folders[component])[0].Request
		},
	})
}

// healthy is a request for a reverse between two healthy clusters: with all facts, and the rights as a server gives them to
// the documented roles.
func healthy(t testing.TB) (r sdk.Request) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("testdata", "healthy.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(doc, &r))
	return r
}

// All checks say yes to a healthy pair, with every layer in place, and the time from nothing to the verdict is
// printed. The aim is 250 ms from the start of a process, which make bench-plugins measures; the bound here is a guard
// against a blunder, since tests share the machine.
func TestFirstVerdict(t *testing.T) {
	req := healthy(t)
	start := time.Now()
	m, err := Builtin(t.Context())
	require.NoError(t, err)
	returned := time.Since(start)
	_, err = m.Describe(t.Context())
	require.NoError(t, err)
	loaded := time.Since(start)
	runner := plugins.Options{Required: Required()}.NewRunner(m)
	defer func() { require.NoError(t, runner.Close(t.Context())) }()
	report, err := runner.Bind(guest.Hosts{}).Review(t.Context(), nil, req)
	require.NoError(t, err)
	took := time.Since(start)
	require.True(t, report.Eligible, "%+v", report.Findings(sdk.SeverityError))
	require.Len(t, report.Results, len(folders)-1) // the way back has been taken
	for _, r := range report.Results {
		require.Equal(t, sdk.OutcomePassed, r.Outcome)
		require.NotEmpty(t, r.Findings)
		t.Logf("%s/%s: %d ms", r.Module, r.Component, r.DurationMillis)
	}
	t.Logf("the start was held up for %s, loaded after %s, first verdict of all after %s", returned.Round(time.Microsecond), loaded.Round(time.Millisecond), took.Round(time.Millisecond))
	require.Less(t, took, 5*time.Second)
}

// A load that is cut off refuses everything, and can be closed.
func TestLoadThatIsCutOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, err := Builtin(ctx)
	require.NoError(t, err)
	_, err = m.Describe(t.Context())
	require.ErrorContains(t, err, "load the built-in checks")
	report, err := plugins.Options{Required: Required()}.NewRunner(m).Bind(guest.Hosts{}).Review(t.Context(), nil, healthy(t))
	require.NoError(t, err)
	require.False(t, report.Eligible)
	require.NoError(t, m.Close(t.Context()))
}

func BenchmarkFirstVerdict(b *testing.B) {
	req := healthy(b)
	for b.Loop() {
		m, err := Builtin(b.Context())
		require.NoError(b, err)
		runner := plugins.NewRunner(m)
		report, err := runner.Review(b.Context(), req, nil)
		require.NoError(b, err)
		require.True(b, report.Eligible)
		require.NoError(b, runner.Close(b.Context()))
	}
}
