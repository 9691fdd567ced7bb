package process

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/plugins/process/serve"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

var guestOnce = sync.OnceValue(func() *[]byte { return new([]byte) })

// guestCode is the WASM guest of package wasm's tests, built once.
func guestCode(t testing.TB) []byte {
	t.Helper()
	code := guestOnce()
	if len(*code) > 0 {
		return *code
	}
	out := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, ".")
	cmd.Dir = filepath.Join("..", "wasm", "testdata", "guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	*code, err = os.ReadFile(out)
	require.NoError(t, err)
	return *code
}

// cacheDir is one folder for compiled modules for the whole run: compiling takes a second.
var cacheDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "revsync-test-cache-") })

func runnerCommand(t testing.TB, argument string) Runner {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir, err := cacheDir()
	require.NoError(t, err)
	return Runner{Command: []string{self, argument}, CacheDir: dir, MemoryMiB: 32}
}

func loadGuest(t testing.TB, argument string) *Module {
	t.Helper()
	m, err := LoadWASM(t.Context(), guestCode(t), runnerCommand(t, argument), Options{Start: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { closeModule(t, m) })
	return m
}

func TestGuestInAChild(t *testing.T) {
	m := loadGuest(t, "plugin-runner")
	host := &sdktest.Host{Answer: func(string, json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"version":"6.0.27"}`), nil
	}}
	resp, err := ask(t, m, "asks", host, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "6.0.27", resp.Findings[0].Message)
	require.Equal(t, []string{"asking"}, host.Lines())
	_, err = ask(t, m, "asks", conformance.Host{}, time.Minute)
	require.Equal(t, sdk.CodePermissionDenied, sdk.StatusOf(err).Code)

	pid := m.current.child.ID()
	for component, says := range map[string]string{
		"panics": "I fell over", "exits": "exit_code(0)", "hogs": "out of memory", "deadlocks": "all goroutines are asleep",
	} {
		_, err = ask(t, m, component, conformance.Host{}, time.Minute)
		require.ErrorContains(t, err, says)
	}
	resp, err = ask(t, m, "escapes", conformance.Host{}, time.Minute)
	require.NoError(t, err)
	require.Empty(t, resp.Findings, "the sandbox is the same")
	first, err := ask(t, m, "remembers", conformance.Host{}, time.Minute)
	require.NoError(t, err)
	second, err := ask(t, m, "remembers", conformance.Host{}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, first, second, "each evaluation has a fresh instance")
	require.Equal(t, pid, m.current.child.ID(), "a guest that breaks does not break the process")

	start := time.Now()
	_, err = ask(t, m, "spins", conformance.Host{}, 300*time.Millisecond)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 2300*time.Millisecond)
	t.Logf("a loop ends %s after its deadline, by itself", (time.Since(start) - 300*time.Millisecond).Round(time.Millisecond))
}

// deaf runs a guest that never hears of its deadline.
type deaf struct{ *wasm.Module }

func (d deaf) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	return d.Module.Evaluate(context.WithoutCancel(ctx), host, req)
}

func deafRunner() {
	var size uint64
	if err := binary.Read(os.Stdin, binary.BigEndian, &size); err != nil {
		exitWith(err)
	}
	code := make([]byte, size)
	if _, err := io.ReadFull(os.Stdin, code); err != nil {
		exitWith(err)
	}
	opts := runnerOptions()
	opts.Compile = true
	m, err := wasm.Load(context.Background(), code, opts)
	if err != nil {
		exitWith(err)
	}
	serve.Evaluator(deaf{m}, os.Stdin)
}

// A guest that loops and cannot be stopped from within does not hold up this process, and is killed.
func TestEndlessGuestDoesNotHoldUpTheEngine(t *testing.T) {
	m := loadGuest(t, "deaf-runner")
	const deadline = 2 * time.Second
	failed := make(chan error, 1)
	start := time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), deadline)
		defer cancel()
		_, err := m.Evaluate(ctx, conformance.Host{}, &sdk.Request{Component: "spins"})
		failed <- err
	}()
	var err error
	worst, collections := time.Duration(0), 0
	for running := true; running; {
		begin := time.Now()
		runtime.GC()
		worst, collections = max(worst, time.Since(begin)), collections+1
		select {
		case err = <-failed:
			running = false
		default:
		}
	}
	over := time.Since(start) - deadline
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "its process was killed")
	require.Less(t, over, 2*time.Second)
	require.Less(t, worst, deadline/2, "the guest ran all that time")
	t.Logf("%d collections meanwhile, the longest %s; killed %s after the deadline", collections, worst.Round(time.Millisecond), over.Round(time.Millisecond))
	_, err = ask(t, m, "clock", conformance.Host{}, time.Minute)
	require.NoError(t, err, "the next evaluation has a new process")
}

func TestGuestsThatCannotLoadInAChild(t *testing.T) {
	r := runnerCommand(t, "plugin-runner")
	_, err := LoadWASM(t.Context(), []byte("not WASM"), r, Options{Start: time.Minute})
	require.ErrorContains(t, err, "compile")
	_, err = LoadWASM(t.Context(), make([]byte, 17<<20), r, Options{})
	require.ErrorContains(t, err, "17825792 bytes, more than 16777216")
	_, err = LoadWASM(t.Context(), nil, Runner{}, Options{})
	require.ErrorContains(t, err, "no runner")
	r.MemoryMiB = 1
	_, err = LoadWASM(t.Context(), guestCode(t), r, Options{Start: time.Minute})
	require.ErrorContains(t, err, "over limit of 16")
}

// The folder for machine code is used when it is ours alone, and otherwise refused.
func TestCacheFolderIsGuarded(t *testing.T) {
	r := runnerCommand(t, "plugin-runner")
	r.CacheDir = filepath.Join(t.TempDir(), "cache")
	start := time.Now()
	m, err := LoadWASM(t.Context(), guestCode(t), r, Options{Start: time.Minute})
	require.NoError(t, err)
	cold := time.Since(start)
	closeModule(t, m)
	start = time.Now()
	m, err = LoadWASM(t.Context(), guestCode(t), r, Options{})
	require.NoError(t, err)
	t.Logf("loaded in %s cold, %s from the cache", cold.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	closeModule(t, m)
	files, err := filepath.Glob(filepath.Join(r.CacheDir, "*", "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)

	require.NoError(t, os.Chmod(r.CacheDir, 0o777))
	_, err = LoadWASM(t.Context(), guestCode(t), r, Options{})
	require.ErrorContains(t, err, "has mode 0777")
}

// TestManifestOnlyLowersTheMemoryCap: what is in a plugin's folder must not lift a limit of the engine.
func TestManifestOnlyLowersTheMemoryCap(t *testing.T) {
	for _, c := range []struct{ engine, manifest, want int }{{0, 0, 0}, {0, 16, 16}, {0, 300, 64}, {32, 300, 32}, {128, 100, 100}} {
		own := Runner{MemoryMiB: c.engine}.lowered(c.manifest)
		require.Equal(t, c.want, own.MemoryMiB, "%+v", c)
	}
}

func TestIsolation(t *testing.T) {
	code := guestCode(t)
	_, err := wasm.Loader(wasm.Options{})(t.Context(), plugins.Manifest{Isolation: plugins.IsolationProcess}, code)
	require.ErrorContains(t, err, "is not available in this program", "it is not taken for something weaker")
	inProcess := wasm.Loader(wasm.Options{})
	cases := map[string]struct {
		field     string
		inProcess plugins.Loader
		says      string
		child     bool
	}{
		"default":              {"", inProcess, "", true},
		"process":              {`,"isolation":"process"`, nil, "", true},
		"in process":           {`,"isolation":"inProcess"`, inProcess, "", false},
		"in process, not here": {`,"isolation":"inProcess"`, nil, "is not allowed here", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := pluginFolder(t, code, sum(code), `"name":"acme.guest","runtime":"wasm","memoryMiB":32,"components":[{"name":"remembers"}]`+c.field)
			children := 0
			load := WASMLoader(runnerCommand(t, "plugin-runner"), Options{}, c.inProcess)
			counting := func(ctx context.Context, manifest plugins.Manifest, code []byte) (plugins.Module, error) {
				m, err := load(ctx, manifest, code)
				if _, ok := m.(*Module); ok {
					children++
				}
				return m, err
			}
			list, err := plugins.Discover(t.Context(), dir, map[string]plugins.Loader{"wasm": counting})
			require.NoError(t, err)
			defer func() { require.NoError(t, list[0].Close(t.Context())) }()
			if c.says != "" {
				require.ErrorContains(t, list[0].LoadError(), c.says)
				return
			}
			require.NoError(t, list[0].LoadError())
			require.Equal(t, c.child, children == 1)
			_, err = list[0].Evaluate(t.Context(), conformance.Host{}, &sdk.Request{Component: "remembers"})
			require.NoError(t, err)
		})
	}
}
