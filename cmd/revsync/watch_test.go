package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/hostapi/rest"
	"github.com/revsync/revsync/sdk"
)

// stopAfter ends a watch when a text has been written.
type stopAfter struct {
	bytes.Buffer
	text string
	stop context.CancelFunc
}

func (s *stopAfter) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if strings.Contains(s.String(), s.text) {
		s.stop()
	}
	return n, err
}

func watching(t *testing.T, e *engine, until string) string {
	t.Helper()
	server := httptest.NewServer(rest.New(e, nil, "127.0.0.1:0").Handler())
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	out := &stopAfter{text: until, stop: cancel}
	require.NoError(t, (&client{addr: server.URL}).watch(ctx, out, time.Millisecond))
	require.Contains(t, out.String(), until)
	return out.String()
}

func TestWatchShowsEachChangeOnce(t *testing.T) {
	copying, applying, done := running(), running(), running()
	applying.Info, applying.CEAStage, applying.CopiedBytes = "change event application", "steady state", applying.TotalBytes
	applying.CanCommit, applying.CannotReason = true, ""
	done.State, done.Info, done.CanWrite, done.LagMillis = lifecycle.Committed, "commit completed", true, nil
	out := watching(t, &engine{shows: []core.Progress{copying, copying, applying, applying, done}}, "COMMITTED")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 3, out)
	require.Regexp(t, `^25% \|█+ +\| `, lines[0])
	require.Contains(t, lines[0], "250.0 MB/1.0 GB | RUNNING | cluster0 -> cluster1 | lag 0.4 s | collection copy")
	require.Equal(t, "RUNNING | cluster0 -> cluster1 | lag 0.4 s | can commit | change event application, steady state", lines[1])
	require.Equal(t, "COMMITTED | cluster0 -> cluster1 | destination open | commit completed", lines[2])
}

func TestWatchShowsTrouble(t *testing.T) {
	p := running()
	p.LastError = &lifecycle.Failure{Message: "no primary"}
	require.Contains(t, watching(t, &engine{shows: []core.Progress{p}}, "\n"), "ERROR: no primary")
}

func TestWatchShowsWhatIsBeingAsked(t *testing.T) {
	p := core.Progress{State: lifecycle.Idle, Checking: []sdk.Running{{Module: "acme.m", Component: "freeze", Phase: sdk.PhasePreStart, Since: time.Now()}}}
	require.Regexp(t, `IDLE \| asking acme\.m/freeze \(preStart\) for \d\.\d s`, watching(t, &engine{shows: []core.Progress{p}}, "\n"))
}

func TestWatchSurvivesARestartOfTheServer(t *testing.T) {
	e := &engine{shows: []core.Progress{running()}}
	server := httptest.NewServer(rest.New(e, nil, "127.0.0.1:0").Handler())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	gone := &stopAfter{text: "RUNNING", stop: server.Close}
	out := &stopAfter{text: "no answer: no server answers", stop: cancel}
	require.NoError(t, (&client{addr: server.URL}).watch(ctx, tee{gone, out}, time.Millisecond))
	require.Contains(t, out.String(), "no answer")
}

type tee struct{ a, b *stopAfter }

func (w tee) Write(p []byte) (int, error) {
	if !strings.Contains(w.a.String(), w.a.text) {
		_, _ = w.a.Write(p)
	}
	return w.b.Write(p)
}

func TestWatchWantsAnInterval(t *testing.T) {
	require.ErrorContains(t, (&client{}).watch(t.Context(), &bytes.Buffer{}, 0), "--interval")
}

// TestATerminalLineIsRewritten has no terminal to hand: a file that is none has
// no width either, and is written to like a terminal of any width.
func TestATerminalLineIsRewritten(t *testing.T) {
	var out bytes.Buffer
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // nothing is written
	p := &painter{out: &out, terminal: file}
	require.NoError(t, p.write("one"))
	require.NoError(t, p.write("one"))
	require.NoError(t, p.end())
	require.Equal(t, "\r\033[Kone\r\033[Kone\n", out.String())
}

func TestByteText(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 1_500_000: "1.5 MB", 1 << 40: "1.1 TB", 1 << 62: "4611.7 PB"} {
		require.Equal(t, want, byteText(n))
	}
}
