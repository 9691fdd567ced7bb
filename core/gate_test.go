package core_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/checks"
	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
)

// pluginFolder is what an operator would put there: one plugin with one
// component of the test guest (plugins/wasm/testdata/guest) switched on.
func pluginFolder(t *testing.T, code []byte, component plugins.ManifestComponent, damage func([]byte) []byte) string {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "acme")
	require.NoError(t, os.Mkdir(folder, 0o755))
	sum := sha256.Sum256(code)
	manifest, err := json.Marshal(plugins.Manifest{APIVersion: sdk.APIVersion, Name: "acme.guest", Runtime: "wasm", File: "guest.wasm",
		SHA256: hex.EncodeToString(sum[:]), Components: []plugins.ManifestComponent{component}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), manifest, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "guest.wasm"), damage(code), 0o644))
	return dir
}

func buildGuest(t *testing.T) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, "../plugins/wasm/testdata/guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	code, err := os.ReadFile(out)
	require.NoError(t, err)
	return code
}

// loadGate is the gate of the real program: built-in checks and a plugin folder.
func loadGate(t *testing.T, dir string) core.Gate {
	t.Helper()
	builtin, err := checks.Builtin(t.Context())
	require.NoError(t, err)
	modules := []plugins.Module{builtin}
	if dir != "" {
		found, err := plugins.Discover(t.Context(), dir, map[string]plugins.Loader{"wasm": wasm.Loader(wasm.Options{})})
		require.NoError(t, err)
		require.Len(t, found, 1)
		modules = append(modules, found[0])
	}
	limits := plugins.Limits{Check: 30 * time.Second} // as in the real program: the interpreter is slow on a busy machine
	return plugins.Options{Required: checks.Required(), Limits: limits}.NewRunner(modules...).Bind(guest.Hosts{Log: slog.New(slog.DiscardHandler)})
}

// TestModulesJudgeTheReverse: on real clusters the built-in checks let a
// reverse pass, and any module in the plugin folder can refuse it, whether by a
// finding or by falling over in whatever way.
func TestModulesJudgeTheReverse(t *testing.T) {
	p := newPair(t, mongotest.Options{}, func(o *core.Options) { o.Gate = loadGate(t, "") })
	_, err := p.client(lifecycle.Cluster0, mongotest.Root).Database("d").Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
	require.NoError(t, err)
	p.start(forward())
	p.commit()
	code := buildGuest(t)
	whole := func(b []byte) []byte { return b }
	asksBuildInfo := []sdk.Capability{{Cluster: sdk.RoleDestination, Op: sdk.OpRunCommand, Commands: []string{"buildInfo"}}}
	second := sdk.Duration(1e9)
	refusals := map[string]struct {
		component plugins.ManifestComponent
		damage    func([]byte) []byte
	}{
		"a trap":            {plugins.ManifestComponent{Name: "panics"}, whole},
		"a time-out":        {plugins.ManifestComponent{Name: "spins", Timeout: second}, whole},
		"memory":            {plugins.ManifestComponent{Name: "hogs"}, whole},
		"no right":          {plugins.ManifestComponent{Name: "asks"}, whole},
		"rubbish":           {plugins.ManifestComponent{Name: "asks"}, func(b []byte) []byte { return []byte("no WASM at all") }},
		"other bytes":       {plugins.ManifestComponent{Name: "asks"}, func(b []byte) []byte { return append(b[:len(b):len(b)], 0) }},
		"unknown component": {plugins.ManifestComponent{Name: "nobody"}, whole},
	}
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			p.restart(func(o *core.Options) { o.Gate = loadGate(t, pluginFolder(t, code, c.component, c.damage)) })
			p.state(lifecycle.Committed)
			err := p.engine.Reverse(t.Context())
			require.Contains(t, codes(t, err), sdk.CodePluginFailed)
			require.ErrorContains(t, err, "acme", "the refusal names the module")
			require.Equal(t, lifecycle.Committed, p.engine.Progress().State)
			require.Zero(t, p.engine.Progress().Epoch)
		})
	}
	t.Run("a module with its rights passes", func(t *testing.T) {
		p.restart(func(o *core.Options) {
			o.Gate = loadGate(t, pluginFolder(t, code, plugins.ManifestComponent{Name: "asks", Grants: asksBuildInfo}, whole))
		})
		p.state(lifecycle.Committed)
		pre, err := p.engine.Preflight(t.Context(), sdk.TriggerReverse)
		require.NoError(t, err)
		var versions []string
		for _, f := range pre.Report.Findings(sdk.SeverityInfo) {
			if f.Code == "VERSION" {
				versions = append(versions, f.Message)
			}
		}
		var info struct{ Version string }
		require.NoError(t, p.client(lifecycle.Cluster1, mongotest.Root).Database("admin").RunCommand(t.Context(), bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info))
		require.Equal(t, []string{info.Version}, versions, "the module has asked the real destination")
		p.reverse()
		p.commit()
		p.equal()
	})
}

// restart ends the engine and begins another one with changed options.
func (p *pair) restart(change func(*core.Options)) {
	p.t.Helper()
	p.end()
	change(&p.options)
	p.begin()
}
