package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

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
	out := filepath.Join(t.TempDir(), "hello")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, ".")
	cmd.Dir = filepath.Join("testdata", "hello")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	code, err := os.ReadFile(out)
	require.NoError(t, err)
	resp, err := ask(t, load(t, code, Options{}), "hello", nil, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "hello from sync s1", resp.Findings[0].Message)
}

func TestModuleAsksTheHost(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	host := &sdktest.Host{Answer: func(string, json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"version":"6.0.27"}`), nil
	}}
	resp, err := ask(t, m, "asks", host, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "6.0.27", resp.Findings[0].Message)
	require.Equal(t, []string{"asking"}, host.Lines())
	require.Len(t, host.Calls(), 1)
	require.JSONEq(t, `{"cluster":"destination","database":"admin","command":{"buildInfo":1}}`, string(host.Calls()[0].Request))
	for _, code := range sdk.Codes {
		_, err = ask(t, m, "asks", conformance.Host{Status: code}, time.Minute)
		require.Equal(t, code, sdk.StatusOf(err).Code, "the host's status comes back through the module: %v", err)
	}
}

// The process gets nothing from the engine's surroundings.
func TestEnvironmentIsEmpty(t *testing.T) {
	t.Setenv("REVSYNC_CLUSTER0", "mongodb://user:secret@host")
	m := load(t, playing(t, "sdk"), Options{})
	resp, err := ask(t, m, "looks", nil, time.Minute)
	require.NoError(t, err)
	for _, name := range strings.Fields(resp.Findings[0].Message) {
		require.True(t, name == "REVSYNC_PLUGIN" || strings.HasPrefix(name, "PLUGIN_"), name)
	}
	require.Equal(t, m.program.dir, resp.Findings[1].Message)
	info, err := os.Stat(m.program.dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	content, err := os.ReadFile(m.verified)
	require.NoError(t, err)
	require.Equal(t, m.Digest(), digestOf(content))
}

func TestOneProcessServesMany(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	first, err := ask(t, m, "process", nil, time.Minute)
	require.NoError(t, err)
	answers := make(chan *sdk.Response, 8)
	for range cap(answers) {
		go func() {
			resp, err := m.Evaluate(context.WithoutCancel(t.Context()), nil, &sdk.Request{Component: "process"})
			if err != nil {
				resp = &sdk.Response{Findings: []sdk.Finding{sdk.Errorf("FAILED", "%v", err)}}
			}
			answers <- resp
		}()
	}
	for range cap(answers) {
		require.Equal(t, first.Findings, (<-answers).Findings)
	}
}

func TestModuleThatBreaks(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	_, err := ask(t, m, "panics", nil, time.Minute)
	require.ErrorContains(t, err, "panic: I fell over")
	before, err := ask(t, m, "process", nil, time.Minute)
	require.NoError(t, err)
	for component, want := range map[string][]string{
		"exits":   {"exit status 3"},
		"crashes": {"exit status 2", "panic: out of reach"},
	} {
		_, err = ask(t, m, component, nil, time.Minute)
		var crash *CrashError
		require.ErrorAs(t, err, &crash)
		for _, text := range want {
			require.ErrorContains(t, err, text)
		}
	}
	after, err := ask(t, m, "process", nil, time.Minute)
	require.NoError(t, err, "the next evaluation has a new process")
	require.NotEqual(t, before.Findings, after.Findings)
	_, err = ask(t, m, "large", nil, time.Minute)
	require.Equal(t, sdk.CodeResourceExhausted, sdk.StatusOf(err).Code, "%v", err)
}

// A module that does not stop is killed soon after its deadline, and the engine goes on.
func TestModuleThatHangs(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	const deadline = 300 * time.Millisecond
	start := time.Now()
	_, err := ask(t, m, "hangs", nil, deadline)
	over := time.Since(start) - deadline
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "its process was killed")
	require.Less(t, over, 2*time.Second)
	t.Logf("killed %s after its deadline", over.Round(time.Millisecond))
	resp, err := ask(t, m, "says", nil, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "s1", resp.Findings[0].Message)
}

// One that stops when it is told to keeps its process, both at the deadline and when the caller goes away.
func TestModuleThatStops(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{Grace: 30 * time.Second})
	before, err := ask(t, m, "process", nil, time.Minute)
	require.NoError(t, err)
	_, err = ask(t, m, "waits", nil, 100*time.Millisecond)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	gone := errors.New("the caller has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	timer := time.AfterFunc(100*time.Millisecond, func() { cancel(gone) })
	defer timer.Stop()
	_, err = m.Evaluate(ctx, nil, &sdk.Request{Component: "waits"})
	require.ErrorIs(t, err, gone)
	after, err := ask(t, m, "process", nil, time.Minute)
	require.NoError(t, err)
	require.Equal(t, before.Findings, after.Findings)
}

func TestMuchOutput(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	_, err := ask(t, m, "chatters", nil, time.Minute)
	require.ErrorContains(t, err, "I talk too much")
	m.current.output.mu.Lock()
	defer m.current.output.mu.Unlock()
	require.LessOrEqual(t, len(m.current.output.text), outputTailBytes)
}

func TestClosedWhileItRuns(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	_, err := ask(t, m, "says", nil, time.Minute)
	require.NoError(t, err)
	failed, host := make(chan error, 1), &sdktest.Host{}
	go func() {
		_, err := m.Evaluate(context.WithoutCancel(t.Context()), host, &sdk.Request{Component: "hangs"})
		failed <- err
	}()
	require.Eventually(t, func() bool { return len(host.Lines()) > 0 }, time.Minute, time.Millisecond, "it is to run when it is closed")
	require.NoError(t, m.Close(t.Context()))
	require.Error(t, <-failed)
	_, err = ask(t, m, "says", nil, time.Minute)
	require.ErrorContains(t, err, "has been closed")
}

// A caller that does not wait gets the process killed, and still comes back only when that is gone.
func TestCloseInAHurry(t *testing.T) {
	m := load(t, playing(t, "raw"), Options{})
	c := m.current
	c.patience = 10 * time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.False(t, c.dead())
	start := time.Now()
	require.NoError(t, m.Close(ctx))
	require.Less(t, time.Since(start), time.Minute)
	require.True(t, c.dead())
}
