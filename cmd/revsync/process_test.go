//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be revsync itself: a child with this variable
// set runs main with the arguments that it was given, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("BE_REVSYNC") != "" {
		main()
	}
	os.Exit(m.Run())
}

// nobody has both connection strings at a port where nothing listens; the engine
// keeps trying, in INITIALIZING.
const nobody = "mongodb://eve:s3cret-word@127.0.0.1:9/?tlsCertificateKeyFilePassword=hush-hush&serverSelectionTimeoutMS=200&w=majority&x="

// process is a running revsync.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *lockedBuffer
	exited         chan struct{}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func launch(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], args...), stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, exited: make(chan struct{})}
	p.cmd.Env = append([]string{"BE_REVSYNC=1", "HOME=" + t.TempDir()}, environ...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	require.NoError(t, p.cmd.Start())
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.exited })
	return p
}

// address waits until the server listens and returns where.
func (p *process) address(t *testing.T, log func() string) string {
	t.Helper()
	pattern := regexp.MustCompile(`"REST API is listening".*"address":"([^"]+)"`)
	var found []string
	require.Eventually(t, func() bool { found = pattern.FindStringSubmatch(log()); return found != nil }, 10*time.Second, 10*time.Millisecond, p.stderr.String())
	return found[1]
}

func (p *process) wait(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(limit):
		t.Fatalf("revsync did not exit within %v\n%s", limit, p.stdout.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// TestCredentialsAreNowhere looks where they could be seen: ps, the log,
// progress, standard error.
func TestCredentialsAreNowhere(t *testing.T) {
	t.Parallel()
	p := launch(t, nil, "serve", "--cluster0", nobody+"0", "--cluster1="+nobody+"1", "--port", "0", "--id", "night-shift")
	addr := p.address(t, p.stdout.String)
	if runtime.GOOS == "linux" {
		line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "cmdline"))
		require.NoError(t, err)
		title := string(line)
		require.Contains(t, title, "--cluster0\x00mongodb://***@127.0.0.1:9/")
		require.Contains(t, title, "--cluster1=mongodb://***@127.0.0.1:9/")
		require.Contains(t, title, "--id\x00night-shift")
		requireNoCredentials(t, title)
	}
	var body string
	require.Eventually(t, func() bool { // until the failure to connect is in it
		body = get(t, "http://"+addr+"/api/v1/progress")
		return strings.Contains(body, `"lastError":{`)
	}, 20*time.Second, 20*time.Millisecond)
	require.Contains(t, body, `"state":"INITIALIZING"`)
	requireNoCredentials(t, body)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.wait(t, 10*time.Second), p.stderr.String())
	requireNoCredentials(t, p.stdout.String())
	requireNoCredentials(t, p.stderr.String())
	for _, line := range strings.Split(strings.TrimSpace(p.stdout.String()), "\n") {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		for _, key := range []string{"time", "level", "message", "componentName", "pid"} {
			require.Contains(t, fields, key, line)
		}
		require.Equal(t, "night-shift", fields["mongosyncID"])
	}
}

func requireNoCredentials(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"s3cret-word", "hush-hush", "eve:"} {
		require.NotContains(t, text, secret)
	}
}

func TestTwoStopSignalsInARow(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := launch(t, nil, "--cluster0", nobody+"0", "--cluster1", nobody+"1", "--port", "0") // the bare form
		p.address(t, p.stdout.String)
		require.NoError(t, p.cmd.Process.Signal(sig))
		require.NoError(t, p.cmd.Process.Signal(sig))
		require.Zero(t, p.wait(t, 10*time.Second), p.stderr.String())
		require.Contains(t, p.stdout.String(), "has stopped")
	}
}

func TestSettingsFromEnvironmentAndLogInAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := launch(t, []string{"REVSYNC_CLUSTER0=" + nobody + "0", "REVSYNC_CLUSTER1=" + nobody + "1", "REVSYNC_PORT=0", "REVSYNC_LOG_PATH=" + dir}, "serve")
	p.address(t, func() string { return fileText(filepath.Join(dir, "revsync.log")) })
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGUSR1))
	require.Eventually(t, func() bool { return len(logs(t, dir)) == 2 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.wait(t, 10*time.Second), p.stderr.String())
	require.Contains(t, fileText(filepath.Join(dir, "revsync.log")), "has stopped", "the new file is written to")
	require.Empty(t, p.stdout.String())
}

func TestAFatalErrorIsLoggedAndEndsTheProcess(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close() //nolint:errcheck // nothing was written
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	p := launch(t, nil, "--cluster0", nobody+"0", "--cluster1", nobody+"1", "--port", port)
	require.Equal(t, 1, p.wait(t, 15*time.Second))
	require.Contains(t, p.stdout.String(), `"level":"fatal"`)
	require.Contains(t, p.stderr.String(), "choose another --port")
	requireNoCredentials(t, p.stdout.String()+p.stderr.String())
}

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	for because, args := range map[string][]string{
		"both needed":       {},
		"unknown flag":      {"serve", "--cluster2", nobody},
		"unknown command":   {nobody},
		"unknown shorthand": {"-c", nobody},
		"invalid argument":  {"serve", "--port", nobody},
		"loadLevel is 9":    {"--cluster0", nobody + "0", "--cluster1", nobody + "1", "--loadLevel", "9"},
		"same connection":   {"--cluster0", nobody, "--cluster1", nobody},
		"/no/such/folder":   {"--cluster0", nobody + "0", "--cluster1", nobody + "1", "--pluginDir", "/no/such/folder"},
		"accepts 1 arg":     {"preflight"},
		"--source and":      {"start"},
	} {
		p := launch(t, nil, args...)
		require.Equal(t, 1, p.wait(t, 10*time.Second), because)
		require.Contains(t, p.stderr.String(), because)
		require.Equal(t, 1, strings.Count(p.stderr.String(), "revsync: "))
		requireNoCredentials(t, p.stdout.String()+p.stderr.String())
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--version", "-v"} {
		p := launch(t, nil, flag)
		require.Zero(t, p.wait(t, 10*time.Second))
		require.Equal(t, "revsync version dev\n", p.stdout.String())
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url) //nolint:gosec // a server of this test
	require.NoError(t, err)
	defer res.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(text)
}

func fileText(path string) string {
	text, _ := os.ReadFile(path) //nolint:errcheck // not there yet
	return string(text)
}
