package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins/process/runner"
	"github.com/revsync/revsync/plugins/process/serve"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
)

// The test program is also the module: a copy of it with a role written behind its end plays that role. Started with
// an argument, it is the runner or an engine to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if play, ok := arguments[os.Args[1]]; ok {
			play()
			return
		}
	}
	if play, ok := roles[ownRole()]; ok {
		play()
		return
	}
	code := m.Run()
	if dir, err := cacheDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

var arguments = map[string]func(){
	"plugin-runner": func() { exitWith(runner.Run(context.Background(), runnerOptions())) },
	"deaf-runner":   deafRunner,
	"engine":        engineToKill,
}

const roleMark = "\nrole:"

// roleSize is the length of what is written behind a program.
const roleSize = len(roleMark) + 16

func exitWith(err error) {
	_, _ = fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func runnerOptions() (o wasm.Options) {
	for i, a := range os.Args {
		switch a {
		case "--cacheDir":
			o.CacheDir = os.Args[i+1]
		case "--memoryMiB":
			_, _ = fmt.Sscan(os.Args[i+1], &o.MemoryMiB)
		}
	}
	return o
}

var ownProgram = sync.OnceValues(func() ([]byte, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func ownRole() string {
	code, err := ownProgram()
	if err != nil || len(code) < roleSize {
		return ""
	}
	_, role, _ := bytes.Cut(code[len(code)-roleSize:], []byte(roleMark))
	return string(bytes.TrimRight(role, " "))
}

// playing is a program that plays the role.
func playing(t testing.TB, role string) []byte {
	t.Helper()
	require.Contains(t, roles, role)
	code, err := ownProgram()
	require.NoError(t, err)
	return append(bytes.Clone(code), fmt.Sprintf("%s%-16s", roleMark, role)...)
}

// load loads a program and closes it with the test.
func load(t testing.TB, code []byte, opts Options) *Module {
	t.Helper()
	m, err := Load(t.Context(), code, opts)
	require.NoError(t, err)
	t.Cleanup(func() { closeModule(t, m) })
	return m
}

// closeModule closes a module and asserts that nothing is left of it.
func closeModule(t testing.TB, m *Module) {
	require.NoError(t, m.Close(context.Background()))
	require.NoDirExists(t, m.program.dir)
}

func ask(t testing.TB, m *Module, component string, host sdk.Host, timeout time.Duration) (*sdk.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return m.Evaluate(ctx, host, &sdk.Request{Component: component, Sync: sdk.Sync{ID: "s1"}})
}

func sdkRole() {
	serve.Module("acme.process", "1.0.0",
		sdk.Check("asks", asks).Asks(sdk.RoleDestination, "buildInfo"),
		sdk.Check("says", says), sdk.Check("panics", panics), sdk.Check("exits", exits), sdk.Check("hangs", hangs),
		sdk.Check("waits", waits), sdk.Check("large", large), sdk.Check("looks", looks), sdk.Check("chatters", chatters),
		sdk.Check("process", processOf), sdk.Check("crashes", crashes))
}
