package rest

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func ptr[T any](v T) *T { return &v }

// full is a snapshot with something in every field, whatever the state: which of
// them are shown is what the golden files are about.
func full(state lifecycle.State) core.Progress {
	return core.Progress{
		State: state, Epoch: 1, CanCommit: state == lifecycle.Running, CannotReason: "the state is not RUNNING",
		CanWrite: state == lifecycle.Committed, Reversible: true,
		Info: "change event application", CEAStage: "steady state",
		Mapping:    lifecycle.Mapping{Source: lifecycle.Cluster1, Destination: lifecycle.Cluster0},
		SourceHost: "db1.example:27017", DestHost: "db0.example:27017",
		SourcePing: ptr(1900 * time.Microsecond), DestPing: ptr(-time.Second),
		InstanceID: "coordinator", Coordinator: "coordinator",
		LagMillis: ptr(int64(2500)), DDLLagMillis: ptr(int64(61000)), EventsTotal: 1042,
		LastApplied: lifecycle.OpTime{T: 1700000000, I: 7}, SourceTime: lifecycle.OpTime{T: 1700000002, I: 1},
		CopiedBytes: 694, TotalBytes: 694,
		Indexes:        &core.IndexProgress{Built: 3, Total: 12, CollectionsFinished: 1, CollectionCount: 4},
		CatchupSeconds: ptr(int64(30)), OplogLeft: ptr(80 * time.Hour),
		ReversePoint: lifecycle.OpTime{T: 1700000001, I: 2}, ReverseWindow: ptr(36 * time.Hour),
		Warnings:  []string{"user writes to the source are blocked"},
		LastError: &lifecycle.Failure{Message: "no primary", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Tries: 3},
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".json")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// pretty indents a reply without touching the order of its fields.
func pretty(t *testing.T, body string) string {
	t.Helper()
	out, err := json.MarshalIndent(json.RawMessage(body), "", "  ")
	require.NoError(t, err)
	return string(out) + "\n"
}

func TestProgressInEachState(t *testing.T) {
	for _, state := range lifecycle.States {
		t.Run(string(state), func(t *testing.T) {
			got := call(t, serve(t, &scripted{progress: full(state)}), http.MethodGet, apiPath+"progress", "")
			requireSuccess(t, got)
			golden(t, "progress_"+string(state), pretty(t, got.body))
		})
	}
}

// TestProgressWithNothingKnown is the first look after a start: no numbers yet.
func TestProgressWithNothingKnown(t *testing.T) {
	p := core.Progress{State: lifecycle.Running, Info: string(lifecycle.JobSchema), InstanceID: "coordinator",
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}}
	got := call(t, serve(t, &scripted{progress: p}), http.MethodGet, apiPath+"progress", "")
	requireSuccess(t, got)
	golden(t, "progress_unknown", pretty(t, got.body))
}

// TestIdleIsNull is the rule of mongosync, for its fields and ours: lastError
// apart, only state and canCommit have values.
func TestIdleIsNull(t *testing.T) {
	p := full(lifecycle.Idle)
	p.LastError = nil
	got := call(t, serve(t, &scripted{progress: p}), http.MethodGet, apiPath+"progress", "")
	fields := got.json["progress"].(map[string]any)
	require.Equal(t, "IDLE", fields["state"])
	require.Equal(t, false, fields["canCommit"])
	delete(fields, "state")
	delete(fields, "canCommit")
	require.Len(t, fields, 28)
	for name, v := range fields {
		require.Nil(t, v, name)
	}
}

func TestWhatIsBeingAsked(t *testing.T) {
	since := time.Now().Add(-1500 * time.Millisecond)
	for _, state := range []lifecycle.State{lifecycle.Idle, lifecycle.Committed} {
		p := full(state)
		p.Checking = []sdk.Running{{Module: "acme.m", Component: "freeze", Kind: sdk.KindHook, Phase: sdk.PhasePreReverse, Since: since}}
		got := call(t, serve(t, &scripted{progress: p}), http.MethodGet, apiPath+"progress", "")
		list := got.json["progress"].(map[string]any)["checking"].([]any)
		require.Len(t, list, 1)
		asked := list[0].(map[string]any)
		require.InDelta(t, 1500, asked["durationMillis"], 10_000)
		require.GreaterOrEqual(t, asked["durationMillis"], 1500.0)
		delete(asked, "durationMillis")
		require.Equal(t, map[string]any{"module": "acme.m", "component": "freeze", "kind": "hook", "phase": "preReverse"}, asked)
	}
}

func TestLagIsNullWhilePaused(t *testing.T) {
	got := call(t, serve(t, &scripted{progress: full(lifecycle.Paused)}), http.MethodGet, apiPath+"progress", "")
	fields := got.json["progress"].(map[string]any)
	require.Nil(t, fields["lag"])
	require.Nil(t, fields["lagTimeSeconds"])
}

func TestCopyCounters(t *testing.T) {
	for name, c := range map[string]struct {
		in   core.Progress
		want copyJSON
	}{
		"before the copy":           {core.Progress{Info: "initializing partitions"}, copyJSON{1, 0}},
		"during":                    {core.Progress{Info: "collection copy", TotalBytes: 100, CopiedBytes: 40}, copyJSON{100, 40}},
		"more than was estimated":   {core.Progress{Info: "collection copy", TotalBytes: 100, CopiedBytes: 140}, copyJSON{140, 140}},
		"an empty source, finished": {core.Progress{Info: "change event application"}, copyJSON{0, 0}},
	} {
		require.Equal(t, c.want, *copyOf(c.in), name)
	}
}

func TestOplogText(t *testing.T) {
	require.Equal(t, "not checked yet", oplogText(nil))
	for d, want := range map[time.Duration]string{
		-time.Minute: "less than 15 minutes", 14 * time.Minute: "less than 15 minutes", 15 * time.Minute: "15 minutes",
		59*time.Minute + 59*time.Second: "59 minutes", time.Hour: "1 hour", 119 * time.Minute: "1 hour",
		2 * time.Hour: "2 hours", 72 * time.Hour: "72 hours", 72*time.Hour + 1: "more than 72 hours",
	} {
		require.Equal(t, want, oplogText(&d), d.String())
	}
}

func TestPing(t *testing.T) {
	require.Nil(t, pingMs(nil))
	require.Nil(t, pingMs(ptr(999*time.Microsecond)))
	require.Equal(t, int64(1), *pingMs(ptr(1999 * time.Microsecond)))
	require.Equal(t, int64(-1), *pingMs(ptr(-time.Nanosecond)))
}

func TestPreflightReply(t *testing.T) {
	results := []sdk.Result{
		{Module: "revsync.versions", Component: "versions", Kind: sdk.KindCheck, Required: true, Outcome: sdk.OutcomePassed, DurationMillis: 2},
		{Module: "acme.freeze", Component: "no-friday", Kind: sdk.KindCheck, Required: true, Outcome: sdk.OutcomeRefused,
			Findings: []sdk.Finding{sdk.Errorf("FRIDAY", "no reversals on a Friday").Cure("wait")}},
	}
	plan := []lifecycle.Step{"first-step", "second-step"}
	for name, p := range map[string]core.Preflight{
		"eligible": {Steps: plan, Report: sdk.Report{Eligible: true, Results: results[:1]}},
		"refused":  {Steps: plan, Report: sdk.Report{Results: results}},
		"guard":    {Refusal: "the sync was not started reversible", Report: sdk.Report{Eligible: true}},
	} {
		t.Run(name, func(t *testing.T) {
			e := &scripted{state: lifecycle.Committed, preview: p}
			got := call(t, serve(t, e), http.MethodPost, apiPath+"preflight", `{"trigger":"reverse"}`)
			requireSuccess(t, got)
			require.Equal(t, []string{"preflight reverse"}, e.calls)
			require.Equal(t, name == "eligible", got.json["preflight"].(map[string]any)["eligible"])
			golden(t, "preflight_"+name, pretty(t, got.body))
		})
	}
}

// TestDocumentedProgressFields compares the field table of the reference with
// the fields that a reply can have.
func TestDocumentedProgressFields(t *testing.T) {
	doc, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(doc), "## GET /api/v1/progress")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	documented := []string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([\\w.]+)` \\|").FindAllStringSubmatch(section, -1) {
		documented = append(documented, row[1])
	}
	got := call(t, serve(t, &scripted{progress: full(lifecycle.Running)}), http.MethodGet, apiPath+"progress", "")
	fields := []string{}
	for name, v := range got.json["progress"].(map[string]any) {
		inner, _ := v.(map[string]any)
		if len(inner) == 0 || name[0] != '$' && inner["$timestamp"] != nil {
			fields = append(fields, name)
		}
		for sub := range inner {
			if sub != "$timestamp" {
				fields = append(fields, name+"."+sub)
			}
		}
	}
	require.ElementsMatch(t, fields, documented)
}
