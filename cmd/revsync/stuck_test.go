//go:build unix

package main_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
)

// TestStuckModulesDoNotHoldUpASync: modules that never answer, one in the sandbox
// and one as a program, are given up and gone within two seconds of their
// deadline; meanwhile changes go on being applied as they come.
func TestStuckModulesDoNotHoldUpASync(t *testing.T) {
	w, dir, temporary := newWorld(t, plain), t.TempDir(), t.TempDir()
	require.NoError(t, os.Chmod(temporary, 0o700))
	const deadline = 2 * time.Second
	install := func(name, runtime string, code []byte) {
		folder := filepath.Join(dir, name)
		require.NoError(t, os.Mkdir(folder, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "module"), code, 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.json"), fmt.Appendf(nil, `{"apiVersion":"revsync.plugin/v1",
			"name":"acme.%s","runtime":%q,"file":"module","sha256":"%x","components":[{"name":"stuck","timeout":%q}]}`,
			name, runtime, sha256.Sum256(code), deadline), 0o644))
	}
	install("guest", "wasm", built(t, "testdata/stuck/guest", []string{"-buildmode=c-shared"}, "GOOS=wasip1", "GOARCH=wasm"))
	install("program", "grpc", built(t, "testdata/stuck/program", nil))
	w.plugins = dir
	s := w.launch("TMPDIR=" + temporary)
	s.state("IDLE")
	s.post("start", startBody)
	s.until("a commit can begin", time.Minute, func(p progress) bool { return p.CanCommit })

	judged := make(chan reply, 1)
	go func() {
		r, err := s.try(http.MethodPost, "preflight", `{"trigger":"commit"}`)
		if err != nil {
			r.text = err.Error()
		}
		judged <- r
	}()
	source, copied := w.client(0, mongotest.App).Database("shop").Collection("c"), w.client(1, mongotest.App).Database("shop").Collection("c")
	var slowest time.Duration
	var answer reply
	for n := 0; answer.text == ""; n++ {
		began := time.Now()
		_, err := source.InsertOne(t.Context(), d("_id", n))
		require.NoError(t, err)
		require.True(t, await(10*time.Second, func() bool { return copied.FindOne(t.Context(), d("_id", n)).Err() == nil }), "document %d does not arrive", n)
		slowest = max(slowest, time.Since(began))
		select {
		case answer = <-judged:
		default:
		}
	}
	require.Equal(t, http.StatusOK, answer.status, answer.text)
	var found struct {
		Preflight struct {
			Eligible   bool
			Components []struct {
				Module, Outcome string
				DurationMillis  int64
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(answer.text), &found))
	require.False(t, found.Preflight.Eligible)
	stuck := 0
	for _, c := range found.Preflight.Components {
		if c.Module != "acme.guest" && c.Module != "acme.program" {
			continue
		}
		stuck++
		require.Equal(t, "failed", c.Outcome, c.Module)
		require.GreaterOrEqual(t, c.DurationMillis, deadline.Milliseconds(), c.Module)
		require.Less(t, c.DurationMillis, (deadline + 2*time.Second).Milliseconds(), c.Module)
		t.Logf("%s: given up after %d ms with a deadline of %s", c.Module, c.DurationMillis, deadline)
	}
	require.Equal(t, 2, stuck)
	t.Logf("the slowest of the documents took %s from the write to the other side meanwhile", slowest.Round(time.Millisecond))
	require.Less(t, slowest, 3*time.Second)
	s.stop()
}
