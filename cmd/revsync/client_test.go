package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/hostapi/rest"
	"github.com/revsync/revsync/sdk"
)

// engine is a scripted engine behind the real REST server: what the clients send
// is decoded, and what they show is encoded, by the code that does it in earnest.
type engine struct {
	mu      sync.Mutex
	calls   []string
	started core.StartOptions
	accept  []string
	fail    error
	shows   []core.Progress // one after the other; the last one stays
	preview core.Preflight
}

func (e *engine) do(name string) error {
	e.calls = append(e.calls, name)
	return e.fail
}

func (e *engine) Start(_ context.Context, o core.StartOptions) error {
	e.started = o
	return e.do("start")
}
func (e *engine) Pause(context.Context) error  { return e.do("pause") }
func (e *engine) Resume(context.Context) error { return e.do("resume") }
func (e *engine) Commit(_ context.Context, accept ...string) error {
	e.accept = accept
	return e.do("commit")
}
func (e *engine) Reverse(_ context.Context, accept ...string) error {
	e.accept = accept
	return e.do("reverse")
}

func (e *engine) Progress() core.Progress {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.shows[0]
	if len(e.shows) > 1 {
		e.shows = e.shows[1:]
	}
	return p
}

func (e *engine) Preflight(_ context.Context, t sdk.Trigger, accept ...string) (core.Preflight, error) {
	p := e.preview
	p.Trigger, e.accept = t, accept
	return p, e.do("preflight " + string(t))
}

func (e *engine) Evaluate(_ context.Context, t sdk.Trigger, component string) (sdk.Result, error) {
	return sdk.Result{}, e.do("evaluate " + component + " before " + string(t))
}

// revsync runs one command line against a server and gives its outputs.
func revsync(t *testing.T, e *engine, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(rest.New(e, nil, "127.0.0.1:0").Handler())
	defer server.Close()
	return command(t, append(args, "--addr", server.URL)...)
}

func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestPlainCommands(t *testing.T) {
	for _, name := range []string{"pause", "resume", "commit", "reverse"} {
		e := &engine{}
		code, out, errs := revsync(t, e, name)
		require.Zero(t, code, errs)
		require.Equal(t, []string{name}, e.calls)
		require.NotEmpty(t, out)

		code, out, errs = revsync(t, e, name, "--json")
		require.Zero(t, code, errs)
		require.Equal(t, "{\"success\":true}\n", out)
	}
}

func TestStartSendsWhatTheFlagsSay(t *testing.T) {
	e := &engine{}
	code, out, errs := revsync(t, e, "start", "--source", "cluster1", "--destination", "cluster0", "--reversible",
		"--enableUserWriteBlocking", "sourceAndDestination", "--buildIndexes", "beforeDataCopy")
	require.Zero(t, code, errs)
	require.Contains(t, out, "start was accepted")
	require.Equal(t, core.StartOptions{
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster1, Destination: lifecycle.Cluster0},
		Options: lifecycle.Options{Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.BeforeDataCopy},
	}, e.started)

	code, _, errs = revsync(t, e, "start", "--source", "cluster0", "--destination", "cluster1",
		"--includeNamespaces", `[{"database":"shop"}]`, "--excludeNamespaces", `[{"database":"shop","collections":["tmp"]}]`)
	require.Zero(t, code, errs)
	require.Equal(t, []lifecycle.NSFilter{{Database: "shop"}}, e.started.Include)
	require.Equal(t, []lifecycle.NSFilter{{Database: "shop", Collections: []string{"tmp"}}}, e.started.Exclude)
	require.Equal(t, lifecycle.BlockDestinationOnly, e.started.WriteBlocking)
}

func TestStartWithABody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "start.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"source":"cluster0","destination":"cluster1","buildIndexes":"never"}`), 0o600))
	e := &engine{}
	code, _, errs := revsync(t, e, "start", "--body", file)
	require.Zero(t, code, errs)
	require.Equal(t, lifecycle.NeverBuild, e.started.BuildIndexes)

	for because, args := range map[string][]string{
		"leave --reversible out": {"start", "--body", file, "--reversible"},
		"no such file":           {"start", "--body", file + "x"},
		"--source and":           {"start", "--source", "cluster0"},
		"is not JSON":            {"start", "--source", "cluster0", "--destination", "cluster1", "--includeNamespaces", "shop"},
		"InvalidRequest":         {"start", "--source", "cluster0", "--destination", "cluster0"},
		`"sometimes" is not`:     {"start", "--source", "cluster0", "--destination", "cluster1", "--buildIndexes", "sometimes"},
	} {
		e := &engine{}
		code, _, errs := revsync(t, e, args...)
		require.Equal(t, 1, code, because)
		require.Contains(t, errs, because)
		require.Empty(t, e.calls)
	}
}

func TestARefusalIsReadable(t *testing.T) {
	e := &engine{fail: &core.Error{Op: "commit", Code: core.CannotCommit, Err: errors.New("the lag is 45 s, more than 30 s")}}
	code, out, errs := revsync(t, e, "commit")
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Equal(t, "revsync: commit was refused: CannotCommit: the lag is 45 s, more than 30 s\n", errs)

	code, out, errs = revsync(t, e, "commit", "--json")
	require.Equal(t, 1, code)
	require.JSONEq(t, `{"success":false,"error":"CannotCommit","errorDescription":"the lag is 45 s, more than 30 s"}`, out)
	require.Equal(t, "revsync: commit: CannotCommit\n", errs)
}

func TestFailedChecksAreOneLineEach(t *testing.T) {
	e := &engine{fail: &core.Error{Op: "reverse", Code: core.NotEligible, Err: errors.New("2 checks refused"), Findings: []sdk.ReportedFinding{
		{Module: "m", Component: "c", Finding: sdk.Errorf("OLD_INDEX_FORMAT", "shop.orders has an old index").Cure("resync the node")},
		{Module: "m", Component: "c", Finding: sdk.Warningf("SMALL_WINDOW", "two hours left")},
	}}}
	code, _, errs := revsync(t, e, "reverse")
	require.Equal(t, 1, code)
	require.Equal(t, `revsync: reverse was refused: NotEligible
  error    OLD_INDEX_FORMAT: shop.orders has an old index
           what to do: resync the node
           or let it pass once: --accept m/c/OLD_INDEX_FORMAT
  warning  SMALL_WINDOW: two hours left
`, errs)
}

func TestPreflightCommand(t *testing.T) {
	e := &engine{preview: core.Preflight{Steps: []lifecycle.Step{"first-step", "second-step"}, Report: sdk.Report{Eligible: true, Results: []sdk.Result{
		{Module: "revsync.versions", Component: "versions", Outcome: sdk.OutcomePassed}}}}}
	code, out, errs := revsync(t, e, "preflight", "reverse")
	require.Zero(t, code, errs)
	require.Equal(t, []string{"preflight reverse"}, e.calls)
	require.Equal(t, `reverse would go ahead
  passed   revsync.versions/versions
  step 1   first-step
  step 2   second-step
`, out)

	e.preview = core.Preflight{Refusal: "the lag is 45 s", Report: sdk.Report{Results: []sdk.Result{
		{Module: "acme.freeze", Component: "no-friday", Outcome: sdk.OutcomeRefused, Findings: []sdk.Finding{sdk.Errorf("FRIDAY", "no reversals on a Friday").Cure("wait")}}}}}
	code, out, errs = revsync(t, e, "preflight", "commit")
	require.Equal(t, 1, code)
	require.Equal(t, "revsync: commit would be refused\n", errs)
	require.Equal(t, `commit would be refused
  refused  the lag is 45 s
  refused  acme.freeze/no-friday
  error    FRIDAY: no reversals on a Friday
           what to do: wait
           or let it pass once: --accept acme.freeze/no-friday/FRIDAY
`, out)
	code, _, errs = revsync(t, e, "preflight", "pause")
	require.Equal(t, 1, code)
	require.Contains(t, errs, `invalid argument "pause"`)
}

func TestNoServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	code, _, errs := command(t, "progress", "--addr", server.URL)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "is not a revsync server")
	server.Close()
	for _, addr := range []string{server.URL, strings.TrimPrefix(server.URL, "http://"), server.URL + "/"} {
		for _, args := range [][]string{{"progress"}, {"progress", "--watch"}, {"commit"}, {"commit", "--json"}} {
			code, out, errs := command(t, append(args, "--addr", addr)...)
			require.Equal(t, 1, code)
			require.Empty(t, out)
			require.Contains(t, errs, "no server answers at "+addr+": connection refused; start one with \"revsync serve\"")
		}
	}
}

func TestAddressFromTheEnvironment(t *testing.T) {
	e := &engine{}
	server := httptest.NewServer(rest.New(e, nil, "127.0.0.1:0").Handler())
	defer server.Close()
	t.Setenv("REVSYNC_ADDR", server.URL)
	code, _, errs := command(t, "pause")
	require.Zero(t, code, errs)
	require.Equal(t, []string{"pause"}, e.calls)
}

// running is a snapshot in the middle of a copy.
func running() core.Progress {
	lag, left := int64(431), 80*time.Hour
	return core.Progress{
		State: lifecycle.Running, Info: "collection copy", CannotReason: "the initial copy is not complete", Reversible: true,
		Mapping:    lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1},
		SourceHost: "db0.example:27017", DestHost: "db1.example:27017", LagMillis: &lag, EventsTotal: 12,
		CopiedBytes: 250_000_000, TotalBytes: 1_000_000_000, OplogLeft: &left,
	}
}

func TestProgressForPeople(t *testing.T) {
	p := running()
	p.Warnings = []string{"the source's oplog is small"}
	p.LastError = &lifecycle.Failure{Message: "no primary", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local), Tries: 3}
	code, out, errs := revsync(t, &engine{shows: []core.Progress{p}}, "progress")
	require.Zero(t, code, errs)
	require.Equal(t, `RUNNING
  direction   cluster0: db0.example:27017 -> cluster1: db1.example:27017
  doing       collection copy
  copied      250.0 MB of 1.0 GB
  lag         0.4 s
  applied     12 change events since this process began
  commit      not now: the initial copy is not complete
  users       must not write to the destination
  reverse     possible once the sync is committed
  oplog       the source keeps what is needed for: more than 72 hours
  WARNING     the source's oplog is small
  LAST ERROR  no primary (since 2026-01-02 03:04:05, tries: 3)
`, out)
}

func TestProgressAfterACommit(t *testing.T) {
	left := 36 * time.Hour
	p := running()
	p.State, p.Epoch, p.Info, p.CanWrite, p.LagMillis, p.OplogLeft = lifecycle.Committed, 1, "commit completed", true, nil, nil
	p.CannotReason, p.CopiedBytes, p.ReverseWindow = "the sync is committed", p.TotalBytes, &left
	code, out, errs := revsync(t, &engine{shows: []core.Progress{p}}, "progress")
	require.Zero(t, code, errs)
	require.Contains(t, out, "(reversals so far: 1)")
	require.Contains(t, out, "may write to the destination")
	require.Contains(t, out, "possible; the destination's oplog reaches 36h0m0s further back than is needed")
}

func TestProgressBeforeAnything(t *testing.T) {
	for _, state := range []lifecycle.State{lifecycle.Idle, lifecycle.Initializing} {
		code, out, errs := revsync(t, &engine{shows: []core.Progress{{State: state}}}, "progress")
		require.Zero(t, code, errs)
		require.Equal(t, string(state)+"\n", out)
	}
}

func TestProgressOfAMongosync(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"progress":{"state":"RUNNING","canCommit":true,"canWrite":false,"info":"change event application","lagTimeSeconds":3,
			"collectionCopy":{"estimatedTotalBytes":694,"estimatedCopiedBytes":694},"directionMapping":{"Source":"cluster0: a:1","Destination":"cluster1: b:2"}},"success":true}`))
	}))
	defer server.Close()
	code, out, errs := command(t, "progress", "--addr", server.URL)
	require.Zero(t, code, errs)
	require.Contains(t, out, "lag         3 s")
	require.Contains(t, out, "commit      possible now")
}
