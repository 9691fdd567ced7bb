package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// module makes a native module with the given parts.
func module(name string, parts ...sdk.Part) Module {
	return Native(sdk.Module{Name: name, Version: "1", Parts: parts})
}

// saying is a check that answers with the given findings.
func saying(name string, findings ...sdk.Finding) sdk.Part {
	return sdk.Check(name, func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return findings, nil })
}

func failing(name string, err error) sdk.Part {
	return sdk.Check(name, func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return nil, err })
}

func reviewed(t *testing.T, r *Runner, change ...func(*sdk.Request)) sdk.Report {
	t.Helper()
	req := sdk.Request{Trigger: sdk.TriggerReverse, Sync: sdk.Sync{ID: "s", Epoch: 2}}
	for _, f := range change {
		f(&req)
	}
	report, err := r.Review(t.Context(), req, nil)
	require.NoError(t, err)
	return report
}

// one asserts that the report has a single result and returns it.
func one(t *testing.T, r sdk.Report) sdk.Result {
	t.Helper()
	require.Len(t, r.Results, 1)
	return r.Results[0]
}

func TestVerdict(t *testing.T) {
	bad, warn, info := sdk.Errorf("BAD", "no"), sdk.Warningf("HM", "hm"), sdk.Infof("OK", "fine")
	lines := strings.Repeat("x", sdk.MaxEvidenceBytes)
	cases := map[string]struct {
		part     sdk.Part
		eligible bool
		outcome  sdk.Outcome
		says     string
	}{
		"nothing found": {saying("c"), true, sdk.OutcomePassed, ""},
		"warning, info": {saying("c", warn, info), true, sdk.OutcomePassed, ""},
		"one error":     {saying("c", info, bad), false, sdk.OutcomeRefused, ""},
		"go error":      {failing("c", errors.New("disk on fire")), false, sdk.OutcomeFailed, "disk on fire"},
		"status":        {failing("c", sdk.Statusf(sdk.CodeUnavailable, "gone")), false, sdk.OutcomeFailed, "UNAVAILABLE: gone"},
		"bad severity":  {saying("c", sdk.Finding{Code: "A", Severity: "fatal", Message: "m"}), false, sdk.OutcomeFailed, `severity "fatal"`},
		"no severity":   {saying("c", sdk.Finding{Code: "A", Message: "m"}), false, sdk.OutcomeFailed, `severity ""`},
		"bad code":      {saying("c", sdk.Errorf("not-a-code", "m")), false, sdk.OutcomeFailed, "UPPER_SNAKE"},
		"our code":      {saying("c", sdk.Infof(sdk.CodePluginFailed, "m")), false, sdk.OutcomeFailed, "the engine's own"},
		"no message":    {saying("c", sdk.Infof("A", "")), false, sdk.OutcomeFailed, "no message"},
		"much evidence": {saying("c", info.Because("a", lines)), false, sdk.OutcomeFailed, "evidence of"},
		"no JSON":       {saying("c", info.Because("a", make(chan int))), false, sdk.OutcomeFailed, "evidence is not JSON"},
		"many findings": {saying("c", slices.Repeat([]sdk.Finding{info}, sdk.MaxFindings+1)...), false, sdk.OutcomeFailed, "1001 findings"},
		"large answer":  {saying("c", slices.Repeat([]sdk.Finding{info.Because("a", lines[:16000])}, 80)...), false, sdk.OutcomeFailed, "answer has"},
		"a panic":       {sdk.Check("c", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { panic("oh") }), false, sdk.OutcomeFailed, "panic: oh"},
		"no response":   {sdk.Part{Component: saying("c").Component, Evaluate: func(context.Context, sdk.Host, *sdk.Request) (*sdk.Response, error) { return nil, nil }}, false, sdk.OutcomeFailed, "no response"},
		"outputs no JSON": {sdk.Part{Component: saying("c").Component, Evaluate: func(context.Context, sdk.Host, *sdk.Request) (*sdk.Response, error) {
			return &sdk.Response{Outputs: map[string]any{"f": func() {}}}, nil
		}}, false, sdk.OutcomeFailed, "not JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report := reviewed(t, NewRunner(module("acme.m", c.part)))
			result := one(t, report)
			require.Equal(t, c.eligible, report.Eligible)
			require.Equal(t, c.outcome, result.Outcome)
			if c.outcome == sdk.OutcomeFailed {
				require.Len(t, result.Findings, 1)
				require.Equal(t, sdk.CodePluginFailed, result.Findings[0].Code)
				require.Contains(t, result.Findings[0].Message, "acme.m/c")
				require.Contains(t, result.Findings[0].Message, c.says)
			}
			_, err := json.Marshal(report)
			require.NoError(t, err)
		})
	}
}

func TestReportTellsWhatWasJudged(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := Options{Now: func() time.Time { return now }}.NewRunner(module("acme.b", saying("x")), module("acme.a", saying("y"), saying("z")))
	facts := sdk.Facts{Options: sdk.Options{Known: true, Reversible: true}}
	report := reviewed(t, r, func(req *sdk.Request) { req.Facts = facts })
	require.Equal(t, []string{"acme.b/x", "acme.a/y", "acme.a/z"}, []string{join(report.Results[0].Module, report.Results[0].Component),
		join(report.Results[1].Module, report.Results[1].Component), join(report.Results[2].Module, report.Results[2].Component)})
	require.Equal(t, now, report.StartedAt)
	require.Equal(t, sdk.PhasePreReverse, report.Phase)
	require.NotEmpty(t, report.EvaluationID)
	require.Len(t, report.FactsDigest, 64)
	same := reviewed(t, r, func(req *sdk.Request) { req.Facts = facts })
	require.Equal(t, report.FactsDigest, same.FactsDigest)
	require.NotEqual(t, report.EvaluationID, same.EvaluationID)
	facts.Options.Reversible = false
	require.NotEqual(t, report.FactsDigest, reviewed(t, r, func(req *sdk.Request) { req.Facts = facts }).FactsDigest)
}

func TestRequestIsCutForTheComponent(t *testing.T) {
	var got sdk.Request
	part := sdk.Check("c", func(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
		got = *r
		return nil, nil
	}).Needs(sdk.FactOptions)
	part.Timeout = sdk.Duration(time.Minute * 3)
	now := time.Now()
	r := Options{Now: func() time.Time { return now }}.NewRunner(module("acme.m", part))
	reviewed(t, r, func(req *sdk.Request) {
		req.EvaluationID = "e"
		req.Facts.Options.Known, req.Facts.Versions.Source.Known = true, true
	})
	require.Equal(t, "e", got.EvaluationID)
	require.Equal(t, "c", got.Component)
	require.Equal(t, sdk.APIVersion, got.APIVersion)
	require.True(t, got.Facts.Options.Known)
	require.False(t, got.Facts.Versions.Source.Known, "a family that it does not ask for")
	require.Empty(t, got.IdempotencyKey, "for hooks only")
	require.True(t, got.Now.Equal(now))
	require.WithinDuration(t, now.Add(60*time.Second), got.Deadline, 10*time.Second, "cut to the ceiling")
}

func TestPhases(t *testing.T) {
	at := func(name string, phases ...sdk.Phase) sdk.Part {
		return sdk.Check(name, func(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
			return []sdk.Finding{sdk.Infof("RAN", "%s dry=%t", r.Phase, r.DryRun)}, nil
		}, phases...)
	}
	r := NewRunner(module("acme.m", at("reverse", sdk.PhasePreReverse), at("both", sdk.PhasePreflight, sdk.PhasePreReverse),
		at("start", sdk.PhasePreStart), at("advice", sdk.PhasePreflight), at("after", sdk.PhasePostReverse)))
	cases := map[string]struct {
		trigger sdk.Trigger
		phase   sdk.Phase
		want    []string
	}{
		"reverse":              {sdk.TriggerReverse, "", []string{"reverse: preReverse dry=false", "both: preReverse dry=false"}},
		"preflight of reverse": {sdk.TriggerReverse, sdk.PhasePreflight, []string{"reverse: preReverse dry=true", "both: preflight dry=true", "advice: preflight dry=true"}},
		"preflight of start":   {sdk.TriggerStart, sdk.PhasePreflight, []string{"start: preStart dry=true", "advice: preflight dry=true"}},
		"commit":               {sdk.TriggerCommit, "", nil},
		"after a reverse":      {sdk.TriggerReverse, sdk.PhasePostReverse, []string{"after: postReverse dry=false"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report := reviewed(t, r, func(req *sdk.Request) { req.Trigger, req.Phase = c.trigger, c.phase })
			var got []string
			for _, x := range report.Results {
				got = append(got, x.Component+": "+x.Findings[0].Message)
			}
			require.Equal(t, c.want, got)
			require.True(t, report.Eligible)
			require.NotNil(t, report.Results)
		})
	}
	for _, req := range []sdk.Request{{}, {Trigger: "restart"}, {Trigger: sdk.TriggerStart, Phase: "midnight"}} {
		_, err := r.Review(t.Context(), req, nil)
		require.Error(t, err)
	}
}

func TestHooksRunLastOnceAndInOrder(t *testing.T) {
	var mu sync.Mutex
	var ran []string
	hook := func(name string, findings ...sdk.Finding) sdk.Part {
		return sdk.Hook(name, func(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
			mu.Lock()
			defer mu.Unlock()
			ran = append(ran, name+" "+r.IdempotencyKey)
			return findings, nil
		}, sdk.PhasePreReverse)
	}
	check := func(name string, findings ...sdk.Finding) sdk.Part {
		p := hook(name, findings...)
		p.Kind = sdk.KindCheck
		return p
	}
	bad := sdk.Errorf("BAD", "no")
	outcomes := func(r sdk.Report) (list []sdk.Outcome) {
		for _, x := range r.Results {
			list = append(list, x.Outcome)
		}
		return list
	}
	r := NewRunner(module("acme.m", hook("h1"), hook("h2", bad), hook("h3"), check("c")))
	require.Equal(t, []sdk.Outcome{sdk.OutcomePassed, sdk.OutcomeRefused, sdk.OutcomeSkipped, sdk.OutcomePassed}, outcomes(reviewed(t, r)))
	require.Equal(t, []string{"c ", "h1 s/2/preReverse", "h2 s/2/preReverse"}, ran)
	ran = nil
	report := reviewed(t, r, func(req *sdk.Request) { req.DryRun = true })
	require.Equal(t, []string{"c "}, ran, "a dry run has no effect")
	require.True(t, report.Eligible)
	ran = nil
	report = reviewed(t, NewRunner(module("acme.m", hook("h"), check("c", bad))))
	require.Equal(t, []string{"c "}, ran, "no hook after a refusal")
	require.False(t, report.Eligible)
}

// TestHooksAfterTheFactHaveTimeOfTheirOwn: one that hangs takes none from those behind it, which may have to undo something.
func TestHooksAfterTheFactHaveTimeOfTheirOwn(t *testing.T) {
	hangs := func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	thaws := func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		return []sdk.Finding{sdk.Infof("THAWED", "thawed")}, ctx.Err()
	}
	limits := Limits{Review: 50 * time.Millisecond}
	limits.Hook = limits.Review
	slow := sdk.Hook("thaw", thaws, sdk.PhasePostReverse)
	slow.Timeout = sdk.Duration(time.Minute)
	r := Options{Limits: limits}.NewRunner(module("acme.m", sdk.Hook("one", hangs, sdk.PhasePostReverse), sdk.Hook("two", hangs, sdk.PhasePostReverse), slow))
	report := reviewed(t, r, func(req *sdk.Request) { req.Phase = sdk.PhasePostReverse })
	require.Equal(t, sdk.OutcomeFailed, report.Results[1].Outcome)
	require.Equal(t, sdk.OutcomePassed, report.Results[2].Outcome, "%+v", report.Results[2])
}

// closing is a module that is closed together with all that share its group.
type closing struct {
	Module
	group *sync.WaitGroup
}

func (c closing) Close(context.Context) error {
	c.group.Done()
	c.group.Wait()
	return nil
}

func TestModulesAreClosedSideBySide(t *testing.T) {
	var group sync.WaitGroup
	group.Add(2)
	require.NoError(t, NewRunner(closing{module("acme.a", saying("c")), &group}, closing{module("acme.b", saying("c")), &group}).Close(t.Context()))
}

func TestWhatIsMissingRefuses(t *testing.T) {
	broken := fakeModule{err: errors.New("file is gone")}
	withPhase := fakeModule{err: errors.New("file is gone"), manifest: &Manifest{Name: "acme.m", Components: []ManifestComponent{
		{Name: "a", Phases: []sdk.Phase{sdk.PhasePreStart}}, {Name: "b"}, {Name: "c", FailurePolicy: FailurePolicyIgnore}}}}
	cases := map[string]struct {
		runner   *Runner
		eligible bool
		failed   []string
	}{
		"nil module":       {NewRunner(nil), false, []string{"#1"}},
		"broken module":    {NewRunner(broken), false, []string{"(unnamed)"}},
		"with a manifest":  {NewRunner(withPhase), false, []string{"acme.m/b", "acme.m/c"}},
		"invalid name":     {NewRunner(module("Not Valid", saying("c"))), false, []string{"Not Valid"}},
		"name twice":       {NewRunner(module("acme.m", saying("c")), module("acme.m", saying("d"))), false, []string{"acme.m"}},
		"required, absent": {Options{Required: []string{"acme.m/c", "acme.m/d"}}.NewRunner(module("acme.m", saying("c"))), false, []string{"acme.m/d"}},
		"required, for another phase": {Options{Required: []string{"acme.m/c"}}.NewRunner(
			module("acme.m", sdk.Check("c", nil, sdk.PhasePreStart))), true, nil},
		"required, another module": {Options{Required: []string{"acme.gone", "acme.m"}}.NewRunner(module("acme.m", saying("c"))), false, []string{"acme.gone"}},
		"required, broken":         {Options{Required: []string{"acme.m", "acme.m/b"}}.NewRunner(withPhase), false, []string{"acme.m/b", "acme.m/c", "acme.m"}},
		"required, not in the manifest": {Options{Required: []string{"acme.m/d"}}.NewRunner(fakeModule{Module: module("acme.m", saying("c"), saying("d")), manifest: &Manifest{Name: "acme.m",
			Components: []ManifestComponent{{Name: "c"}}}}), false, []string{"acme.m/d"}},
		"required, though it may be ignored": {Options{Required: []string{"acme.m"}}.NewRunner(fakeModule{err: errors.New("file is gone"), manifest: &Manifest{Name: "acme.m",
			Components: []ManifestComponent{{Name: "c", Phases: []sdk.Phase{sdk.PhasePreStart}, FailurePolicy: FailurePolicyIgnore}}}}), false, []string{"acme.m"}},
		"required, gives no answer, may be ignored": {Options{Required: []string{"acme.m/c"}}.NewRunner(fakeModule{Module: module("acme.m", failing("c", errors.New("it fell over"))),
			manifest: &Manifest{Name: "acme.m", Components: []ManifestComponent{{Name: "c", FailurePolicy: FailurePolicyIgnore}}}}), false, []string{"acme.m/c"}},
		"phase that is none":   {NewRunner(module("acme.m", sdk.Check("c", nil, "prereverse"))), false, []string{"acme.m"}},
		"phase of later times": {NewRunner(module("acme.m", sdk.Check("c", nil, sdk.PhasePreStart, "midReverse"))), true, nil},
		"endless version":      {NewRunner(Native(sdk.Module{Name: "acme.m", Version: strings.Repeat("1", 129), Parts: []sdk.Part{saying("c")}})), false, []string{"acme.m"}},
		"no modules":           {NewRunner(), true, nil},
		"no runner":            {nil, true, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report := reviewed(t, c.runner)
			require.Equal(t, c.eligible, report.Eligible)
			var got []string
			for _, x := range report.Results {
				if x.Outcome == sdk.OutcomeFailed {
					got = append(got, join(x.Module, x.Component))
				}
			}
			require.Equal(t, c.failed, got)
			require.NoError(t, c.runner.Close(t.Context()))
		})
	}
	report, err := (*Gate)(nil).Review(t.Context(), nil, sdk.Request{Trigger: sdk.TriggerReverse})
	require.NoError(t, err)
	require.True(t, report.Eligible)
}

func TestManifestRules(t *testing.T) {
	var got *sdk.Request
	part := sdk.Check("c", func(_ context.Context, h sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
		got = r
		_, err := h.Call(context.Background(), sdk.OpRunCommand, json.RawMessage(`{"cluster":"destination","database":"admin","command":{"buildInfo":1}}`))
		return nil, err
	}, sdk.PhasePreReverse, sdk.PhasePreStart).Asks(sdk.RoleAny, "buildInfo")
	part.ConfigSchema = json.RawMessage(`{"type":"object"}`)
	m := Manifest{Name: "acme.m", Components: []ManifestComponent{{Name: "c", Config: json.RawMessage(`{"a":1}`), FailurePolicy: FailurePolicyIgnore,
		Phases: []sdk.Phase{sdk.PhasePreReverse}}}}
	managed := func(m Manifest) Module {
		return fakeModule{Module: module("acme.m", part, saying("off")), manifest: &m}
	}

	report := reviewed(t, NewRunner(managed(m)))
	result := one(t, report)
	require.JSONEq(t, `{"a":1}`, string(got.Config))
	require.True(t, report.Eligible, "an ignored failure is a warning")
	require.Equal(t, sdk.SeverityWarning, result.Findings[0].Severity)
	require.False(t, result.Required)
	require.Equal(t, 1, result.HostCalls)
	require.Equal(t, "the manifest does not grant it on the destination", result.Denied[0].Reason)

	m.Components[0].FailurePolicy, m.Components[0].Grants = "", part.Capabilities
	report = reviewed(t, NewRunner(managed(m)))
	require.Empty(t, one(t, report).Denied)
	require.Contains(t, one(t, report).Findings[0].Message, "no access to the clusters")
	require.Empty(t, reviewed(t, NewRunner(managed(m)), func(r *sdk.Request) { r.Trigger = sdk.TriggerStart }).Results, "switched off for start")

	m.Components[0].Name = "x"
	require.False(t, reviewed(t, NewRunner(managed(m))).Eligible)
}

func TestGateGivesTheReviewItsClusters(t *testing.T) {
	part := sdk.Check("c", func(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		var reply struct{ Version string }
		err := sdk.RunCommand(ctx, h, sdk.Command{Cluster: sdk.RoleSource, Database: "admin", Name: "buildInfo", Value: 1}, &reply)
		return []sdk.Finding{sdk.Infof("VERSION", "%s", reply.Version)}, err
	}).Asks(sdk.RoleSource, "buildInfo")
	gate := NewRunner(module("acme.m", part)).Bind(guest.Hosts{})
	for _, version := range []string{"6.0.27", "7.0.1"} {
		clusters := guest.CommanderFunc(func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(`{"version":"` + version + `"}`), nil
		})
		report, err := gate.Review(t.Context(), clusters, sdk.Request{Trigger: sdk.TriggerReverse})
		require.NoError(t, err)
		require.Equal(t, version, one(t, report).Findings[0].Message)
	}
}

func TestChecksRunInParallelUpToTheLimit(t *testing.T) {
	var now, most atomic.Int32
	both := make(chan struct{})
	part := func(name string) sdk.Part {
		return sdk.Check(name, func(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
			n := now.Add(1)
			defer now.Add(-1)
			if n == 2 && most.Swap(n) < 2 {
				close(both)
			}
			if n > 2 {
				most.Store(n)
			}
			select {
			case <-both:
				return nil, nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		})
	}
	r := Options{Limits: Limits{Check: 30 * time.Second}}.NewRunner(module("acme.m", part("a"), part("b"), part("c"), part("d")))
	require.True(t, reviewed(t, r).Eligible, "two must be able to meet")
	require.Equal(t, int32(2), most.Load())
}

// fakeModule is a module with a manifest, or one that cannot be described.
type fakeModule struct {
	Module
	err      error
	manifest *Manifest
}

func (f fakeModule) Describe(ctx context.Context) (sdk.Descriptor, error) {
	if f.err != nil {
		return sdk.Descriptor{}, f.err
	}
	return f.Module.Describe(ctx)
}

func (f fakeModule) Close(context.Context) error { return nil }

func (f fakeModule) Manifest() Manifest {
	if f.manifest == nil {
		return Manifest{}
	}
	return *f.manifest
}

// TestCureFitsTheFailure: who is refused a right needs another cure than who has a broken plugin.
func TestCureFitsTheFailure(t *testing.T) {
	for word, err := range map[string]error{
		"grant it in plugin.json":            sdk.Statusf(sdk.CodePermissionDenied, "not granted"),
		"both clusters can be reached":       fmt.Errorf("ask: %w", sdk.Statusf(sdk.CodeUnavailable, "no answer")),
		"if it needs more time":              context.DeadlineExceeded,
		"repair the plugin, or remove it if": errors.New("it fell over"),
	} {
		fails := sdk.Check("c", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return nil, err }, sdk.PhasePreReverse)
		report := reviewed(t, NewRunner(module("acme.m", fails)))
		require.Contains(t, report.Results[0].Findings[0].Remediation, word)
	}
}
