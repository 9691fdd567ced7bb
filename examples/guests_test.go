// Package examples holds only the tests of the checks in several languages.
package examples

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/examples/internal/reversible"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/author/authortest"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/plugins/process"
	childrunner "github.com/revsync/revsync/plugins/process/runner"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
)

// TestMain: started with this argument the test program is the child in which a WASM module runs, as the server is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == runnerArgument {
		_, _ = fmt.Fprintln(os.Stderr, childrunner.Run(context.Background(), wasm.Options{}))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const runnerArgument = "plugin-runner"

// setting is how an operator installs a check, and when.
type setting struct {
	component string // its entry in the manifest
	now       string // the time of the review; empty is the present
	code      string // what the check then finds
}

// guests are the examples, each with a setting that refuses a reverse and one that lets it pass.
var guests = []struct {
	language, module string
	refuses, passes  setting
}{
	{"go", "example.room",
		setting{`{"name":"room","config":{"freeGiB":1e9},"grants":[{"cluster":"source","op":"runCommand","commands":["dbStats"]}]}`, "", "DISK_NEARLY_FULL"},
		setting{`{"name":"room","config":{"freeGiB":0.001},"grants":[{"cluster":"source","op":"runCommand","commands":["dbStats"]}]}`, "", "DISK_HAS_ROOM"}},
	{"rust", "example.connections", // it only warns, so that what refuses is the lack of a right
		setting{`{"name":"connections"}`, "", sdk.CodePluginFailed},
		setting{`{"name":"connections","grants":[{"cluster":"source","op":"runCommand","commands":["serverStatus"]}]}`, "", "CONNECTIONS"}},
	{"c", "example.no-friday",
		setting{`{"name":"no-friday"}`, "2026-01-02T12:00:00Z", "FRIDAY"},
		setting{`{"name":"no-friday"}`, "2026-01-05T12:00:00Z", ""}},
	{"assemblyscript", "example.hours",
		setting{`{"name":"hours","config":{"from":22,"to":4}}`, "2026-01-02T12:00:00Z", "OUT_OF_HOURS"},
		setting{`{"name":"hours","config":{"from":9,"to":17}}`, "2026-01-02T12:00:00Z", ""}},
	{"js", "example.names",
		setting{`{"name":"names","config":{"pattern":"^ord"},"grants":[{"cluster":"source","op":"runCommand","commands":["listDatabases","listCollections"]}]}`,
			"", "COLLECTION_IN_USE"},
		setting{`{"name":"names","config":{"pattern":"^tmp_"},"grants":[{"cluster":"source","op":"runCommand","commands":["listDatabases","listCollections"]}]}`,
			"", "NAMES_CLEAR"}},
}

// TestChecksInAllLanguages: each example builds from its sources, conforms, and, installed as by an operator, refuses a
// real reverse once and lets it pass once. The last step is a reverse past all of them.
func TestChecksInAllLanguages(t *testing.T) {
	gate := plugins.NewRunner().Bind(guest.Hosts{}) // nothing to ask yet
	engine := reversible.Start(t, gate)
	engine.Committed()
	var all []func() plugins.Module
	for _, g := range guests {
		t.Run(g.language, func(t *testing.T) {
			code := build(t, g.language)
			conformance.Run(t, conformance.Subject{Open: func(t testing.TB) plugins.Module {
				m, err := wasm.Load(t.Context(), code, wasm.Options{})
				require.NoError(t, err)
				return m
			}})

			gate.Replace(runner(g.refuses, install(t, g.module, code, g.refuses)))
			err := engine.Reverse(t.Context())
			require.Equal(t, core.NotEligible, core.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, g.refuses.code)
			require.ErrorContains(t, err, g.module)
			require.Equal(t, lifecycle.Committed, engine.Progress().State)

			gate.Replace(runner(g.passes, install(t, g.module, code, g.passes)))
			pre, err := engine.Preflight(t.Context(), sdk.TriggerReverse)
			require.NoError(t, err)
			require.True(t, pre.Report.Eligible, "%+v", pre.Report)
			require.Equal(t, g.passes.code, foundBy(t, g.module, pre.Report))
			all = append(all, func() plugins.Module { return install(t, g.module, code, g.passes) })
		})
	}
	if len(all) == 0 {
		t.Skip("no toolchain for any of the languages here")
	}
	// Noon of a Monday suits them all.
	var modules []plugins.Module
	for _, open := range all {
		modules = append(modules, open())
	}
	gate.Replace(runner(setting{now: "2026-01-05T12:00:00Z"}, modules...))
	require.NoError(t, engine.Reverse(t.Context()))
	engine.Reversed()
}

func build(t *testing.T, language string) []byte {
	t.Helper()
	folder := language + "-check"
	authortest.Build(t, language, folder)
	file := filepath.Join(folder, "check.wasm")
	code, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	return code
}

// install loads the module from a plugin folder into a child of this process, as the server does.
func install(t *testing.T, module string, code []byte, s setting) plugins.Module {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "example")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "check.wasm"), code, 0o644))
	manifest := fmt.Sprintf(`{"apiVersion":"revsync.plugin/v1","name":%q,"runtime":"wasm","file":"check.wasm","sha256":"%x","components":[%s]}`,
		module, sha256.Sum256(code), s.component)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), []byte(manifest), 0o644))
	self, err := os.Executable()
	require.NoError(t, err)
	load := process.WASMLoader(process.Runner{Command: []string{self, runnerArgument}}, process.Options{}, nil)
	list, err := plugins.Discover(context.WithoutCancel(t.Context()), dir, map[string]plugins.Loader{"wasm": load})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, list[0].LoadError())
	return list[0]
}

// runner makes a set of the modules, with the setting's clock.
func runner(s setting, modules ...plugins.Module) *plugins.Runner {
	o := plugins.Options{Limits: plugins.Limits{Check: 30 * time.Second}} // as in the server
	if at, err := time.Parse(time.RFC3339, s.now); err == nil {
		o.Now = func() time.Time { return at }
	}
	return o.NewRunner(modules...)
}

// foundBy is the code of the module's first finding, "" when it has none; the module has to be in the report.
func foundBy(t *testing.T, module string, report sdk.Report) string {
	t.Helper()
	for _, r := range report.Results {
		if r.Module == module && len(r.Findings) > 0 {
			return r.Findings[0].Code
		} else if r.Module == module {
			return ""
		}
	}
	require.FailNow(t, "the report does not tell what the module has found", "%+v", report)
	return ""
}

// TestRustSDK: the crate, and the check that uses it, as their authors test them.
func TestRustSDK(t *testing.T) {
	if _, err := exec.LookPath("cargo"); err != nil {
		t.Skip("no toolchain for rust here: cargo is not in the PATH")
	}
	for _, folder := range []string{"../sdk/rust", "rust-check"} {
		cmd := exec.CommandContext(t.Context(), "cargo", "test", "--quiet", "--offline", "--manifest-path", filepath.Join(folder, "Cargo.toml"))
		cmd.Env = append(os.Environ(), "CARGO_TARGET_DIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "test result: ok")
	}
}

// TestScriptInNode: the check in JavaScript, as its author tests it.
func TestScriptInNode(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no toolchain for js here: node is not in the PATH")
	}
	cmd := exec.CommandContext(t.Context(), "node", "--test")
	cmd.Dir = "js-check"
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "# pass 3")
}

// TestHeadersAreTheTemplates: what init writes is what the examples use.
func TestHeadersAreTheTemplates(t *testing.T) {
	for example, template := range map[string]string{"c-check/revsync.h": "c/revsync.h",
		"assemblyscript-check/revsync.ts": "assemblyscript/revsync.ts", "js-check/revsync.js": "js/revsync.js"} {
		want, err := os.ReadFile(filepath.Join("..", "plugins", "author", "templates", template))
		require.NoError(t, err)
		got, err := os.ReadFile(example)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), example)
	}
}
