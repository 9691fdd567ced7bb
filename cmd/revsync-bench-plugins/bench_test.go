package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The test program plays the roles that the command plays when it starts itself.
func TestMain(m *testing.M) {
	if play, ok := role(os.Args[1:]); ok {
		os.Exit(play())
	}
	os.Exit(m.Run())
}

// Every golden guest, and the built-in checks, load and answer under each runtime, and are printed.
func TestShort(t *testing.T) {
	const root = "../.."
	var out, said bytes.Buffer
	require.Zero(t, run([]string{"-short", "-root", root}, &out, &said), "%s", &said)
	t.Log(out.String())
	files, err := os.ReadDir(filepath.Join(root, goldenDir))
	require.NoError(t, err)
	guests := 0
	for _, f := range files {
		if name, _, ok := strings.Cut(f.Name(), ".wasm"); ok {
			guests++
			require.Equal(t, 2, rows(out.String(), name), name)
		}
	}
	require.GreaterOrEqual(t, guests, 4)
	require.Equal(t, 2, rows(out.String(), "built-in checks (go)"))
	require.Contains(t, out.String(), inFunction)
	require.Contains(t, out.String(), inProgram)
	require.Regexp(t, `first verdict of all built-in checks from the start of a process: \d+ / \d+ ms, .* the aim is 250 ms`, out.String())
}

func rows(table, name string) int {
	return len(regexp.MustCompile(`(?m)^ +`+regexp.QuoteMeta(name)+` +\d`).FindAllString(table, -1))
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"-root", t.TempDir()}, {"more"}, {"-nonsense"}, {"-short", "-root", "nowhere"}} {
		var out, said bytes.Buffer
		require.Equal(t, 1, run(args, &out, &said))
		require.NotEmpty(t, said.String())
	}
	var out, said bytes.Buffer
	require.Zero(t, run([]string{"-h"}, &out, &said))
	_, ok := role([]string{"-short"})
	require.False(t, ok)
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{-1: "-", 0.00123: "0.0012", 1.234: "1.23", 12.34: "12", 1234.5: "1234"} {
		require.Equal(t, want, number(v))
	}
	of := func(v float64) float64 { return v }
	require.Equal(t, "1.00 / 3.00", both([]float64{7, 1, 3}, of))
	require.Equal(t, "-", both([]float64{-1}, of))
	require.Equal(t, "-", times(1, 0))
	require.Equal(t, "20", times(10, 0.5))
}
