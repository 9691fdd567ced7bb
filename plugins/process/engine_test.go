package process

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins/process/internal/wire"
)

func listen(dir string) (net.Listener, error) { return net.Listen("unix", filepath.Join(dir, "s")) }

// engineToKill loads a module, says which process that is, and waits for its end.
func engineToKill() {
	code, err := os.ReadFile(os.Args[2])
	if err != nil {
		exitWith(err)
	}
	m, err := Load(context.Background(), code, Options{Dir: os.Args[3]})
	if err != nil {
		exitWith(err)
	}
	fmt.Println(m.current.child.ID())
	select {}
}

// A module that takes no notice of its surroundings is gone all the same when the engine has been killed.
func TestModuleDoesNotOutliveAKilledEngine(t *testing.T) {
	if !kernelKills {
		t.Skip("only Linux kills the children of a dead process")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(path, playing(t, "raw"), 0o600))
	require.NoError(t, os.Chmod(dir, 0o700))
	self, err := os.Executable()
	require.NoError(t, err)
	engine := exec.CommandContext(t.Context(), self, "engine", path, dir)
	engine.Stderr = os.Stderr
	out, err := engine.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, engine.Start())
	var pid int
	_, err = fmt.Fscan(out, &pid)
	require.NoError(t, err)
	require.True(t, runs(pid))
	start := time.Now()
	require.NoError(t, engine.Process.Kill())
	_ = engine.Wait() // it was killed
	require.Eventually(t, func() bool { return !runs(pid) }, 10*time.Second, 5*time.Millisecond)
	t.Logf("gone %s after the engine", time.Since(start).Round(time.Millisecond))
	requireSwept(t, dir, "program")
}

// requireSwept asserts that the next engine removes everything that a killed one has left in the folder, but for one file.
func requireSwept(t *testing.T, dir, kept string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, folderPrefix+"*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(left[0], old, old))
	sweep(dir)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.Equal(t, kept, files[0].Name())
}

// What the SDK serves ends with its standard input, on every system.
func TestServedModuleEndsWithItsInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, playing(t, "sdk"), 0o700))
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = []string{wire.Handshake.MagicCookieKey + "=" + wire.Handshake.MagicCookieValue, "PLUGIN_PROTOCOL_VERSIONS=1"}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var line string
	_, err = fmt.Fscan(out, &line)
	require.NoError(t, err)
	require.Contains(t, line, "|grpc|")
	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait())
}

// What a module has started goes with it, however it ends, and does not hold up anything.
func TestGrandchildrenGoToo(t *testing.T) {
	if !kernelKills {
		t.Skip("looks at processes the way Linux shows them")
	}
	exits := func(t *testing.T, m *Module) {
		_, err := ask(t, m, "exits", nil, time.Minute)
		require.ErrorContains(t, err, "exit status 3")
	}
	for name, c := range map[string]struct {
		role string
		ends func(*testing.T, *Module)
	}{
		"it is killed":                {"grandchild", func(t *testing.T, m *Module) { closeModule(t, m) }},
		"it ends with its input":      {"grandchild sdk", func(t *testing.T, m *Module) { closeModule(t, m) }},
		"it ends while it is working": {"grandchild sdk", exits},
	} {
		t.Run(name, func(t *testing.T) {
			m := load(t, playing(t, c.role), Options{})
			pid := grandchildOf(t, m)
			require.True(t, runs(pid))
			start := time.Now()
			c.ends(t, m)
			require.Less(t, time.Since(start), 10*time.Second)
			require.Eventually(t, func() bool { return !runs(pid) }, 10*time.Second, 5*time.Millisecond)
		})
	}
}

func grandchildOf(t *testing.T, m *Module) (pid int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.program.dir, "grandchild"))
	require.NoError(t, err)
	_, err = fmt.Sscan(string(text), &pid)
	require.NoError(t, err)
	return pid
}
