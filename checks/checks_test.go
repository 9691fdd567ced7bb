package checks

import (
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
	"unique-index-format": "uniqueindex"}

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

// Every case that the checks pass as Go code is run again through the sandbox.
func TestCasesAsWASM(t *testing.T) {
	m := load(t)
	for component, folder := range folders {
		t.Run(component, func(t *testing.T) {
			t.Parallel()
			checktest.Run(t, folder, component, m)
		})
	}
}

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		Open: func(t testing.TB) plugins.Module { return load(t) },
		Request: func(t testing.TB, component string) sdk.Request {
			return checktest.Load(t, folders[component])[0].Request
		},
	})
}

// realistic is a request with all facts, the rights as a server gives them to the documented roles.
func realistic(t testing.TB) sdk.Request {
	t.Helper()
	var r sdk.Request
	for _, folder := range folders {
		c := checktest.Load(t, folder)[0].Request
		r.Sync, r.Trigger, r.Facts.Options = c.Sync, c.Trigger, c.Facts.Options
		if c.Facts.Versions.Source.Known {
			r.Facts.Versions = c.Facts.Versions
		}
		if folder == "uniqueindex" {
			r.Facts.UniqueIndexes, r.Facts.Topology = c.Facts.UniqueIndexes, c.Facts.Topology
		}
	}
	r.Facts.Rights.Source = serverRights(t, "dual-source")
	r.Facts.Rights.Destination = serverRights(t, "reverse-destination")
	return r
}

func serverRights(t testing.TB, name string) sdk.Rights {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("permissions", "testdata", "roles", name+".json"))
	require.NoError(t, err)
	var info struct {
		Privileges []sdk.Privilege `json:"authenticatedUserPrivileges"`
	}
	require.NoError(t, json.Unmarshal(doc, &info))
	return sdk.Rights{Known: true, Authenticated: true, Users: []sdk.User{{User: "sync", DB: "admin"}}, Privileges: info.Privileges}
}

// All four checks say yes to a healthy pair, with every layer in place, and the time from nothing to the verdict is
// printed. The bound is a guard against a blunder, far from the aim of 250 ms, since tests share the machine.
func TestFirstVerdict(t *testing.T) {
	req := realistic(t)
	start := time.Now()
	m, err := Builtin(t.Context())
	require.NoError(t, err)
	loaded := time.Since(start)
	runner := plugins.Options{Required: Required()}.NewRunner(m)
	defer func() { require.NoError(t, runner.Close(t.Context())) }()
	report, err := runner.Bind(guest.Hosts{}).Review(t.Context(), nil, req)
	require.NoError(t, err)
	took := time.Since(start)
	require.True(t, report.Eligible, "%+v", report.Findings(sdk.SeverityError))
	require.Len(t, report.Results, 4)
	for _, r := range report.Results {
		require.Equal(t, sdk.OutcomePassed, r.Outcome)
		require.NotEmpty(t, r.Findings)
		t.Logf("%s/%s: %d ms", r.Module, r.Component, r.DurationMillis)
	}
	t.Logf("loaded after %s, first verdict of all four after %s", loaded.Round(time.Millisecond), took.Round(time.Millisecond))
	require.Less(t, took, 10*time.Second)
}

func BenchmarkFirstVerdict(b *testing.B) {
	req := realistic(b)
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
