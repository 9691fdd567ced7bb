package pythonhook

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/plugins/process"
	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

func load(t testing.TB) *process.Module {
	t.Helper()
	m, err := process.Load(t.Context(), program(t), process.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close(context.Background())) })
	return m
}

func request(file, key string) sdk.Request {
	config, _ := json.Marshal(map[string]string{"file": file}) // strings can be written
	return sdk.Request{APIVersion: sdk.APIVersion, Component: "journal", Phase: sdk.PhasePreReverse, Trigger: sdk.TriggerReverse,
		Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), IdempotencyKey: key, Config: config}
}

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		Open: func(t testing.TB) plugins.Module { return load(t) },
		Request: func(t testing.TB, _ string) sdk.Request {
			return request(filepath.Join(t.TempDir(), "journal"), "s1/0/preReverse")
		},
		CallHooks: true,
		Breaks: func(err error) bool {
			var crash *process.CrashError
			return errors.As(err, &crash)
		},
	})
}

// hello is a host with a replica set that has been written to.
func hello(string, json.RawMessage) (json.RawMessage, error) {
	return json.RawMessage(`{"lastWrite": {"lastWriteDate": {"$date": "2026-01-02T03:04:00Z"}}}`), nil
}

func TestOneLineForEachKey(t *testing.T) {
	m := load(t)
	file := filepath.Join(t.TempDir(), "journal")
	for _, key := range []string{"s1/0/preReverse", "s1/0/preReverse", "s1/1/postReverse"} {
		r := request(file, key)
		host := &sdktest.Host{Answer: hello}
		resp, err := m.Evaluate(t.Context(), host, &r)
		require.NoError(t, err)
		require.Equal(t, "IN_JOURNAL", resp.Findings[0].Code)
		require.Len(t, host.Calls(), 1)
		require.JSONEq(t, `{"cluster":"source","database":"admin","command":{"hello":1}}`, string(host.Calls()[0].Request))
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	const rest = `, "at": "2026-01-02T03:04:05Z", "sourceWrote": {"$date": "2026-01-02T03:04:00Z"}}`
	require.Equal(t, `{"key": "s1/0/preReverse"`+rest+"\n"+`{"key": "s1/1/postReverse"`+rest+"\n", string(text))
}

// TestFailuresOfAHookInPython: one of the host and one of the hook, each with its number.
func TestFailuresOfAHookInPython(t *testing.T) {
	m := load(t)
	good := request(filepath.Join(t.TempDir(), "journal"), "s1/0/preReverse")
	for _, code := range sdk.Codes {
		_, err := m.Evaluate(t.Context(), conformance.Host{Status: code}, &good)
		require.Equal(t, code, sdk.StatusOf(err).Code, "the host's status comes back through the hook: %v", err)
	}
	bare := sdk.Request{Component: "journal"}
	_, err := m.Evaluate(t.Context(), &sdktest.Host{Answer: hello}, &bare)
	require.ErrorContains(t, err, "KeyError")
	require.Equal(t, sdk.CodeInternal, sdk.StatusOf(err).Code)
}

// TestHookIsShort: what an author writes stays small beside the protocol.
func TestHookIsShort(t *testing.T) {
	text, err := os.ReadFile("journal.py")
	require.NoError(t, err)
	lines := 0
	for line := range strings.Lines(string(text)) {
		if strings.TrimSpace(line) != "" {
			lines++
		}
	}
	require.LessOrEqual(t, lines, 30)
}
