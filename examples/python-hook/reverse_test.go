package pythonhook

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/examples/internal/reversible"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/process"
)

// gate loads the hook as a server does, from a plugin folder.
func gate(t *testing.T, journal string) core.Gate {
	t.Helper()
	code, dir := program(t), t.TempDir()
	folder := filepath.Join(dir, "journal")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "journal"), code, 0o755))
	manifest := fmt.Sprintf(`{"apiVersion": "revsync.plugin/v1", "name": "acme.journal", "runtime": "grpc", "file": "journal", "sha256": "%x",
		"components": [{"name": "journal", "config": {"file": %q},
			"grants": [{"cluster": "source", "op": "runCommand", "commands": ["hello"]}]}]}`, sha256.Sum256(code), journal)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), []byte(manifest), 0o644))
	list, err := plugins.Discover(t.Context(), dir, map[string]plugins.Loader{"grpc": process.Loader(process.Options{})})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, list[0].LoadError())
	runner := plugins.NewRunner(list[0])
	t.Cleanup(func() { require.NoError(t, runner.Close(context.Background())) })
	return runner.Bind(guest.Hosts{})
}

// TestNoReverseWithoutItsLine: on two replica sets the hook refuses a reverse while the journal cannot be written, and
// nothing has changed then; with a journal the reverse happens and leaves a line before it and one after it.
func TestNoReverseWithoutItsLine(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "later", "journal")
	engine := reversible.Start(t, gate(t, journal))
	engine.Committed()
	err := engine.Reverse(t.Context())
	require.Equal(t, core.NotEligible, core.CodeOf(err))
	require.ErrorContains(t, err, "NOT_IN_JOURNAL")
	require.Equal(t, lifecycle.Committed, engine.Progress().State)
	require.Zero(t, engine.Progress().Epoch)

	require.NoError(t, os.Mkdir(filepath.Dir(journal), 0o700))
	require.NoError(t, engine.Reverse(t.Context()))
	engine.Reversed()
	require.Eventually(t, func() bool { return len(keys(t, journal)) == 2 }, time.Minute, 10*time.Millisecond, "the notice comes after the fact")
	id, _, _ := strings.Cut(keys(t, journal)[0], "/")
	require.NotEmpty(t, id)
	require.Equal(t, []string{id + "/0/preReverse", id + "/1/postReverse"}, keys(t, journal))
}

// keys reads the journal; each line tells when the source was last written to.
func keys(t *testing.T, journal string) (list []string) {
	t.Helper()
	text, err := os.ReadFile(journal)
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	for _, l := range lines[:len(lines)-1] { // the last is empty, or being written
		var line struct {
			Key         string
			SourceWrote struct {
				Date time.Time `json:"$date"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(l), &line))
		require.WithinDuration(t, time.Now(), line.SourceWrote.Date, time.Hour)
		list = append(list, line.Key)
	}
	return list
}
