package wasm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

// build compiles a Go guest of testdata as its author would.
func build(t testing.TB, folder string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, ".")
	cmd.Dir = filepath.Join("testdata", folder)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	code, err := os.ReadFile(out)
	require.NoError(t, err)
	return code
}

var guestOnce = sync.OnceValue(func() *[]byte { return new([]byte) })

// goGuest is testdata/guest, built once for all tests.
func goGuest(t testing.TB) *Module {
	t.Helper()
	code := guestOnce()
	if len(*code) == 0 {
		*code = build(t, "guest")
	}
	m, err := Load(t.Context(), *code, Options{MemoryMiB: 32})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close(context.WithoutCancel(t.Context()))) })
	return m
}

func ask(t *testing.T, m *Module, component string, host sdk.Host, timeout time.Duration) (*sdk.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return m.Evaluate(ctx, host, &sdk.Request{Component: component, Now: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)})
}

func TestHelloWorldIsShort(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("testdata", "hello", "main.go"))
	require.NoError(t, err)
	lines := 0
	for _, l := range bytes.Split(source, []byte("\n")) {
		if len(bytes.TrimSpace(l)) > 0 {
			lines++
		}
	}
	require.LessOrEqual(t, lines, 15)
	m, err := Load(t.Context(), build(t, "hello"), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close(t.Context())) }()
	resp, err := m.Evaluate(t.Context(), conformance.Host{}, &sdk.Request{Component: "hello", Sync: sdk.Sync{ID: "s1"}})
	require.NoError(t, err)
	require.Equal(t, "hello from sync s1", resp.Findings[0].Message)
}

func TestGoGuestAsksTheHost(t *testing.T) {
	host := &sdktest.Host{Answer: func(string, json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"version":"6.0.27"}`), nil
	}}
	resp, err := ask(t, goGuest(t), "asks", host, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "6.0.27", resp.Findings[0].Message)
	require.Equal(t, []string{"asking"}, host.Lines())
	require.Len(t, host.Calls(), 1)
	require.JSONEq(t, `{"cluster":"destination","database":"admin","command":{"buildInfo":1}}`, string(host.Calls()[0].Request))
	_, err = ask(t, goGuest(t), "asks", conformance.Host{Status: sdk.CodeUnavailable}, time.Minute)
	require.Equal(t, sdk.CodeUnavailable, sdk.StatusOf(err).Code, "the host's status comes back through the module")
}

func TestGoGuestThatBreaks(t *testing.T) {
	m := goGuest(t)
	for component, says := range map[string]string{
		"panics":    "I fell over",
		"exits":     "exit_code(0)",
		"hogs":      "out of memory",
		"deadlocks": "all goroutines are asleep",
	} {
		t.Run(component, func(t *testing.T) {
			_, err := ask(t, m, component, conformance.Host{}, time.Minute)
			var trap *TrapError
			require.ErrorAs(t, err, &trap)
			require.Contains(t, err.Error(), says, "what the module printed belongs to the error")
		})
	}
	_, err := ask(t, m, "spins", conformance.Host{}, 300*time.Millisecond)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = ask(t, m, "asks", &sdktest.Host{Answer: func(string, json.RawMessage) (json.RawMessage, error) { return json.RawMessage(`{}`), nil }}, time.Minute)
	require.NoError(t, err, "none of that has touched the module")
}

func TestGoGuestIsInASandbox(t *testing.T) {
	m := goGuest(t)
	resp, err := ask(t, m, "escapes", conformance.Host{}, time.Minute)
	require.NoError(t, err)
	require.Empty(t, resp.Findings)
	_, err = ask(t, m, "clock", conformance.Host{}, time.Minute)
	require.NoError(t, err)
	first, err := ask(t, m, "remembers", conformance.Host{}, time.Minute)
	require.NoError(t, err)
	second, err := ask(t, m, "remembers", conformance.Host{}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, first, second, "each evaluation starts afresh, with the same random numbers")
	require.Contains(t, first.Findings[0].Message, "1 times")
}

// only is a module cut to one component, for the conformance suite.
type only struct {
	*Module
	component string
}

func (o only) Describe(ctx context.Context) (sdk.Descriptor, error) {
	d, err := o.Module.Describe(ctx)
	for _, c := range d.Components {
		if c.Name == o.component {
			d.Components = []sdk.Component{c}
		}
	}
	return d, err
}

func TestConformanceOfAGoGuest(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		Open: func(t testing.TB) plugins.Module { return only{goGuest(t), "asks"} },
		Breaks: func(err error) bool {
			var trap *TrapError
			return errors.As(err, &trap)
		},
	})
}

// A plugin folder, through the loader, the runner and the guest host, to a command on a cluster and back.
func TestPluginFolderEndToEnd(t *testing.T) {
	goGuest(t)
	code := *guestOnce()
	dir := t.TempDir()
	folder := filepath.Join(dir, "guest")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "guest.wasm"), code, 0o644))
	m, err := Load(t.Context(), code, Options{})
	require.NoError(t, err)
	manifest := `{"apiVersion":"revsync.plugin/v1","name":"acme.guest","runtime":"wasm","file":"guest.wasm","sha256":"` + m.Digest() + `",
		"memoryMiB":32,"components":[{"name":"asks","grants":[{"cluster":"destination","op":"runCommand","commands":["buildInfo"]}]}]}`
	require.NoError(t, m.Close(t.Context()))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), []byte(manifest), 0o644))

	list, err := plugins.Discover(t.Context(), dir, map[string]plugins.Loader{"wasm": Loader(Options{})})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, list[0].LoadError())
	runner := plugins.Options{Limits: plugins.Limits{Check: 30 * time.Second}}.NewRunner(list[0])
	defer func() { require.NoError(t, runner.Close(t.Context())) }()
	var sent []string
	clusters := guest.CommanderFunc(func(_ context.Context, cluster, db string, cmd json.RawMessage) (json.RawMessage, error) {
		sent = append(sent, cluster+" "+db+" "+string(cmd))
		return json.RawMessage(`{"version":"6.0.27","ok":{"$numberDouble":"1.0"}}`), nil
	})
	report, err := runner.Bind(guest.Hosts{}).Review(t.Context(), clusters, sdk.Request{Trigger: sdk.TriggerReverse})
	require.NoError(t, err)
	require.True(t, report.Eligible, "%+v", report.Results)
	require.Equal(t, "6.0.27", report.Results[0].Findings[0].Message)
	require.Len(t, sent, 1)
	require.True(t, strings.HasPrefix(sent[0], `destination admin {"buildInfo":1,"maxTimeMS":`), sent[0])
}
