//go:build unix

package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	"github.com/revsync/revsync/plugins/process"
	"github.com/revsync/revsync/sdk"
)

// built are the programs of this example, by folder, each built once.
var built = map[string]func() ([]byte, error){".": build("."), "./app": build("./app")}

func build(folder string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "revsync-freeze-hook-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		out := filepath.Join(dir, "program")
		if text, err := exec.CommandContext(context.Background(), "go", "build", "-o", out, folder).CombinedOutput(); err != nil {
			return text, err
		}
		return os.ReadFile(out)
	})
}

// program is what a folder of this example builds to.
func program(t testing.TB, folder string) []byte {
	t.Helper()
	code, err := built[folder]()
	require.NoError(t, err, "%s", code)
	return code
}

// application starts the shop and returns its address and what ends it.
func application(t *testing.T) (address string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	path := filepath.Join(t.TempDir(), "app")
	require.NoError(t, os.WriteFile(path, program(t, "./app"), 0o700))
	cmd := exec.CommandContext(ctx, path, "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	stop = func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return "http://" + strings.TrimSpace(line), stop
}

// gate loads the hook as a server does, from a plugin folder.
func gate(t *testing.T, address, limit string) *plugins.Gate {
	t.Helper()
	code, dir := program(t, "."), t.TempDir()
	folder := filepath.Join(dir, "freeze")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "freeze-hook"), code, 0o755))
	manifest := fmt.Sprintf(`{"apiVersion": "revsync.plugin/v1", "name": "acme.freeze", "runtime": "grpc", "file": "freeze-hook", "sha256": "%x",
		"components": [{"name": "application", "config": {"url": %q, "for": %q}}]}`, sha256.Sum256(code), address, limit)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), []byte(manifest), 0o644))
	list, err := plugins.Discover(t.Context(), dir, map[string]plugins.Loader{"grpc": process.Loader(process.Options{})})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, list[0].LoadError())
	runner := plugins.NewRunner(list[0])
	t.Cleanup(func() { require.NoError(t, runner.Close(context.Background())) })
	return runner.Bind(guest.Hosts{})
}

// review is what the engine asks in a phase.
func review(t *testing.T, g *plugins.Gate, trigger sdk.Trigger, phase sdk.Phase) sdk.Report {
	t.Helper()
	report, err := g.Review(t.Context(), nil, sdk.Request{Trigger: trigger, Phase: phase, Sync: sdk.Sync{ID: "s1", Epoch: 1}})
	require.NoError(t, err)
	require.Len(t, report.Results, 1)
	return report
}

// order is the status with which the shop answers an order.
func order(t *testing.T, address string) int {
	t.Helper()
	resp, err := http.Post(address+"/orders", "", nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func count(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address + "/orders")
	require.NoError(t, err)
	defer resp.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return strings.TrimSpace(string(text))
}

func TestConformance(t *testing.T) {
	address, _ := application(t)
	conformance.Run(t, conformance.Subject{
		Open: func(t testing.TB) plugins.Module {
			m, err := process.Load(t.Context(), program(t, "."), process.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, m.Close(context.Background())) })
			return m
		},
		Request: func(testing.TB, string) sdk.Request {
			return sdk.Request{Phase: sdk.PhasePreCommit, Trigger: sdk.TriggerCommit, IdempotencyKey: "s1/0/preCommit",
				Config: fmt.Appendf(nil, `{"url": %q, "for": "10m"}`, address)}
		},
		CallHooks: true,
		Breaks: func(err error) bool {
			var crash *process.CrashError
			return errors.As(err, &crash)
		},
	})
	require.Equal(t, http.StatusServiceUnavailable, order(t, address), "the suite has called the hook")
}

func TestTheShopIsFrozenMeanwhile(t *testing.T) {
	address, stop := application(t)
	g := gate(t, address, "10m")
	require.Equal(t, http.StatusCreated, order(t, address))
	for _, trigger := range []sdk.Trigger{sdk.TriggerCommit, sdk.TriggerReverse} {
		report := review(t, g, trigger, sdk.PhasePreflight)
		require.Equal(t, sdk.OutcomeSkipped, report.Results[0].Outcome)
		require.Equal(t, http.StatusCreated, order(t, address), "a dry run freezes nothing")
		before := count(t, address)
		for range 2 { // as after a crash
			report = review(t, g, trigger, trigger.Gate())
			require.True(t, report.Eligible, "%+v", report.Results)
			require.Equal(t, "APPLICATION_FROZEN", report.Results[0].Findings[0].Code)
			require.Equal(t, http.StatusServiceUnavailable, order(t, address))
		}
		require.Equal(t, before, count(t, address), "it can still be read from")
		report = review(t, g, trigger, trigger.Notice())
		require.Equal(t, "APPLICATION_THAWED", report.Results[0].Findings[0].Code)
		require.Equal(t, http.StatusCreated, order(t, address))
	}

	stop()
	report := review(t, g, sdk.TriggerReverse, sdk.PhasePreReverse)
	require.False(t, report.Eligible)
	require.Equal(t, "APPLICATION_NOT_FROZEN", report.Results[0].Findings[0].Code)
	report = review(t, g, sdk.TriggerReverse, sdk.PhasePostReverse)
	require.Equal(t, sdk.OutcomeFailed, report.Results[0].Outcome)
}

func TestTheShopThawsByItself(t *testing.T) {
	address, _ := application(t)
	g := gate(t, address, "300ms")
	require.True(t, review(t, g, sdk.TriggerCommit, sdk.PhasePreCommit).Eligible)
	require.Eventually(t, func() bool { return order(t, address) == http.StatusCreated }, 30*time.Second, 20*time.Millisecond)
}
