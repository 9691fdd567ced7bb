package pythonhook

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins/process"
)

const envEngine = "PYTHON_HOOK_ENGINE"

// TestMain lets this test program be an engine to be killed.
func TestMain(m *testing.M) {
	if file := os.Getenv(envEngine); file != "" {
		beEngine(file)
		return
	}
	os.Exit(m.Run())
}

// beEngine loads the hook, says which processes this one has started, and waits for its end.
func beEngine(file string) {
	code, err := os.ReadFile(file)
	if err == nil {
		_, err = process.Load(context.Background(), code, process.Options{Dir: filepath.Dir(file)})
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lists, _ := filepath.Glob("/proc/self/task/*/children") // the pattern is right
	for _, list := range lists {
		children, _ := os.ReadFile(list) // a thread may have ended
		fmt.Print(string(children))
	}
	fmt.Println()
	select {}
}

// TestHookDiesWithTheEngine: an engine that is killed leaves no hook behind.
func TestHookDiesWithTheEngine(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	file := filepath.Join(dir, "journal")
	require.NoError(t, os.WriteFile(file, program(t), 0o600))
	engine := exec.CommandContext(t.Context(), os.Args[0])
	engine.Env, engine.Stderr = append(os.Environ(), envEngine+"="+file), os.Stderr
	out, err := engine.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, engine.Start())
	var pid int
	_, err = fmt.Fscan(out, &pid)
	require.NoError(t, err)
	require.Contains(t, string(commandOf(pid)), "python")
	require.NoError(t, engine.Process.Kill())
	_ = engine.Wait() // it was killed
	require.Eventually(t, func() bool { return len(commandOf(pid)) == 0 }, 10*time.Second, 5*time.Millisecond)
}

// commandOf is how a process was started, empty when it has ended.
func commandOf(pid int) []byte {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // there is none when it has gone
	return bytes.TrimRight(text, "\x00")
}
