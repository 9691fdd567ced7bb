//go:build mutants

package mutants

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// limit is for the tests of one bug: one that makes them hang was not seen.
const limit = 5 * time.Minute

// TestPlantedBugs wants each bug to turn its test red.
func TestPlantedBugs(t *testing.T) {
	all := bugs(t)
	require.GreaterOrEqual(t, len(all), 12)
	for _, b := range all {
		b.mutated(t) // also of those that it is not the turn of
	}
	for _, b := range turn(t, all) {
		t.Run(b.name, func(t *testing.T) {
			overlay := b.overlay(t)
			require.NoError(t, b.goTest(t, overlay, "^$"), "it must be the bug that is seen, not a build that fails")
			begin := time.Now()
			err := b.goTest(t, overlay, "^"+b.test+"$")
			require.Error(t, err, "nobody sees it: %s", b.about)
			require.ErrorContains(t, err, "--- FAIL: "+b.test)
			t.Logf("%s sees it after %s: %s", b.test, time.Since(begin).Round(time.Second), b.about)
		})
	}
}

// turn picks as many as the variable N says, other ones each day; all without it.
func turn(t *testing.T, all []bug) []bug {
	t.Helper()
	text := os.Getenv("N")
	if text == "" {
		return all
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	n = min(n, len(all))
	day := int(time.Now().Unix() / (24 * 60 * 60))
	var out []bug
	for i := range n {
		out = append(out, all[(day*n+i)%len(all)])
	}
	return out
}

// overlay writes what the go command needs to compile the bug in.
func (b bug) overlay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	mutant, overlay := filepath.Join(dir, filepath.Base(b.file)), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(mutant, []byte(b.mutated(t)), 0o600))
	original, err := filepath.Abs(filepath.Join(root, b.file))
	require.NoError(t, err)
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: mutant}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, text, 0o600))
	return overlay
}

// goTest runs tests with the bug; its error holds what they printed.
func (b bug) goTest(t *testing.T, overlay, run string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, "go", "test", "-vet=off", "-count=1", "-timeout", "4m", "-overlay", overlay, "-run", run, b.folder)
	c.Dir = root
	c.WaitDelay = 10 * time.Second
	out, err := c.CombinedOutput()
	if err != nil {
		return &failure{err, string(out)}
	}
	return nil
}

// failure is a run that did not pass, with its output.
type failure struct {
	err error
	out string
}

func (f *failure) Error() string { return f.err.Error() + "\n" + f.out }
