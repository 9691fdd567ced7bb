package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUnknownFactsAreLeftOutOnTheWire(t *testing.T) {
	doc, err := json.Marshal(Request{})
	require.NoError(t, err)
	require.Contains(t, string(doc), `"facts":{}`)
	var f Facts
	require.NoError(t, json.Unmarshal([]byte(`{}`), &f))
	require.False(t, f.Versions.Source.Known)
}

// Every family has a name, and Only keeps it and nothing else.
func TestOnly(t *testing.T) {
	fields := reflect.TypeFor[Facts]().NumField() - 1 // CollectedAt
	require.Len(t, FactFamilies, fields)
	var all Facts
	all.CollectedAt = time.Unix(1, 0)
	all.Versions.Source.Known, all.Topology.Source.Known, all.Rights.Source.Known = true, true, true
	all.UniqueIndexes.Source.Known, all.WriteBlocking.Source.Known = true, true
	all.OplogWindow.Source.Known, all.Options.Known, all.Divergence.Known = true, true, true
	require.Equal(t, all, all.Only(FactFamilies))
	require.Equal(t, Facts{CollectedAt: all.CollectedAt}, all.Only([]string{"weather"}))
	for _, family := range FactFamilies {
		doc, err := json.Marshal(all.Only([]string{family}))
		require.NoError(t, err)
		var got map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(doc, &got))
		require.Len(t, got, 2)
		require.Contains(t, got, family, "the family is called as its key")
	}
}

func TestTimestamp(t *testing.T) {
	doc, err := json.Marshal(Timestamp{T: 7, I: 2})
	require.NoError(t, err)
	require.Equal(t, `{"$timestamp":{"t":7,"i":2}}`, string(doc))
	var back Timestamp
	require.NoError(t, json.Unmarshal(doc, &back))
	require.Equal(t, Timestamp{T: 7, I: 2}, back)
	require.True(t, back.Before(Timestamp{T: 7, I: 3}))
	require.False(t, back.Before(back))
	require.True(t, back.Before(Timestamp{T: 8}))
}

func TestFutureDestination(t *testing.T) {
	for trigger, want := range map[Trigger]Role{TriggerStart: RoleDestination, TriggerCommit: RoleDestination, TriggerReverse: RoleSource} {
		require.Equal(t, want, (&Request{Trigger: trigger}).FutureDestination())
		require.Equal(t, want.Other().Other(), want)
	}
}

func TestSuspectFormats(t *testing.T) {
	for format, suspect := range map[int]bool{0: true, 6: true, 8: true, 10: true, 11: false, 12: false, 13: false, 14: false, 15: true} {
		require.Equal(t, suspect, UniqueIndex{FormatVersion: format}.Suspect(), "%d", format)
	}
}

func TestModule(t *testing.T) {
	m := Module{Name: "acme.m", Version: "1", Parts: []Part{
		Check("none", func(context.Context, Host, *Request) ([]Finding, error) { return nil, nil }).Needs(FactVersions).Asks(RoleSource, "buildInfo"),
		Check("fails", func(context.Context, Host, *Request) ([]Finding, error) { return nil, errors.New("x") }, PhasePreStart),
		{Component: Component{Name: "silent"}, Evaluate: func(context.Context, Host, *Request) (*Response, error) { return nil, nil }},
	}}
	d := m.Descriptor()
	require.Equal(t, []Phase{PhasePreflight, PhasePreReverse}, d.Components[0].Phases)
	require.Equal(t, []string{FactVersions}, d.Components[0].Facts)
	require.True(t, d.Components[0].Capabilities[0].Allows(RoleSource, OpRunCommand, "buildInfo"))
	resp, err := m.Evaluate(t.Context(), nil, &Request{Component: "none"})
	require.NoError(t, err)
	doc, err := json.Marshal(resp)
	require.NoError(t, err)
	require.Equal(t, `{"findings":[]}`, string(doc), "a list, not null")
	for component, says := range map[string]string{"fails": "x", "silent": "no response", "other": "NOT_FOUND"} {
		_, err := m.Evaluate(t.Context(), nil, &Request{Component: component})
		require.ErrorContains(t, err, says)
	}
}

func TestDescriptorValidate(t *testing.T) {
	good := func() Descriptor {
		return Descriptor{APIVersion: APIVersion, Name: "acme.m-1", Version: "1", Components: []Component{{Name: "c", Kind: KindCheck,
			Phases: []Phase{"somethingNew"}, Capabilities: []Capability{{Cluster: RoleAny, Op: "op.new"}}}}}
	}
	require.NoError(t, good().Validate(), "phases and operations from the future are allowed")
	for name, edit := range map[string]func(*Descriptor){
		"version":            func(d *Descriptor) { d.APIVersion = "x" },
		"name":               func(d *Descriptor) { d.Name = "Acme" },
		"empty name":         func(d *Descriptor) { d.Name = "" },
		"name with a path":   func(d *Descriptor) { d.Name = "a/b" },
		"dots at the end":    func(d *Descriptor) { d.Name = "a.." },
		"long name":          func(d *Descriptor) { d.Name = strings.Repeat("a", 65) },
		"no components":      func(d *Descriptor) { d.Components = nil },
		"component name":     func(d *Descriptor) { d.Components[0].Name = "C" },
		"kind":               func(d *Descriptor) { d.Components[0].Kind = "judge" },
		"no phase":           func(d *Descriptor) { d.Components[0].Phases = nil },
		"capability op":      func(d *Descriptor) { d.Components[0].Capabilities[0].Op = "" },
		"capability cluster": func(d *Descriptor) { d.Components[0].Capabilities[0].Cluster = "both" },
		"twice":              func(d *Descriptor) { d.Components = append(d.Components, d.Components[0]) },
	} {
		d := good()
		edit(&d)
		require.Error(t, d.Validate(), name)
	}
}

func TestFindingsAreValues(t *testing.T) {
	a := Errorf("A", "n=%d", 1).Because("k", 1)
	b := a.Because("l", 2).On("cluster0").Cure("do %s", "it")
	require.Equal(t, map[string]any{"k": 1}, a.Evidence, "a finding that others were made from stays as it is")
	require.Equal(t, "do it", b.Remediation)
	doc, err := json.Marshal(b)
	require.NoError(t, err)
	require.JSONEq(t, `{"code":"A","severity":"error","message":"n=1","remediation":"do it","resource":{"cluster":"cluster0"},"evidence":{"k":1,"l":2}}`, string(doc))
	report := Report{Results: []Result{{Module: "m", Component: "c", Findings: []Finding{a, Infof("B", "b")}}}}
	require.Len(t, report.Findings(), 2)
	require.Len(t, report.Findings(SeverityError), 1)
	doc, err = json.Marshal(report.Findings(SeverityError)[0])
	require.NoError(t, err)
	require.JSONEq(t, `{"module":"m","component":"c","code":"A","severity":"error","message":"n=1","evidence":{"k":1}}`, string(doc))
	require.NotNil(t, report.Findings(SeverityWarning))
}

type answering func(op string, req json.RawMessage) (json.RawMessage, error)

func (f answering) Call(_ context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	return f(op, req)
}
func (answering) Log(context.Context, Level, string) {}

func TestRunCommandPutsTheNameFirst(t *testing.T) {
	var got string
	h := answering(func(_ string, req json.RawMessage) (json.RawMessage, error) {
		got = string(req)
		return json.RawMessage(`{"n":3}`), nil
	})
	var reply struct{ N int }
	require.NoError(t, RunCommand(t.Context(), h, Command{Cluster: RoleSource, Database: "a", Name: "zcount", Value: "c",
		Args: map[string]any{"limit": 1, "a": true}, Canonical: true}, &reply))
	require.Equal(t, `{"cluster":"source","database":"a","command":{"zcount":"c","a":true,"limit":1},"ejson":"canonical"}`, got)
	require.Equal(t, 3, reply.N)
	require.NoError(t, RunCommand(t.Context(), h, Command{Name: "x", Value: 1}, nil))
	require.ErrorContains(t, RunCommand(t.Context(), h, Command{Name: "x", Value: 1}, new(string)), "decode the result")
	require.ErrorContains(t, RunCommand(t.Context(), h, Command{Name: "x", Value: func() {}}, nil), "encode command x")
}

func TestStatusOf(t *testing.T) {
	require.Nil(t, StatusOf(nil))
	status := Statusf(CodeNotFound, "x")
	require.Same(t, status, StatusOf(fmt.Errorf("wrapped: %w", status)))
	require.Equal(t, CodeDeadlineExceeded, StatusOf(context.DeadlineExceeded).Code)
	require.Equal(t, CodeInternal, StatusOf(errors.New("x")).Code)
	for _, c := range Codes {
		require.NotContains(t, c.String(), "CODE_")
	}
	require.Equal(t, "CODE_99", Code(99).String())
}

func TestDuration(t *testing.T) {
	var c Component
	require.NoError(t, json.Unmarshal([]byte(`{"timeout":"1m30s"}`), &c))
	require.Equal(t, Duration(90*time.Second), c.Timeout)
	for _, bad := range []string{`"x"`, `"-1s"`, `5`} {
		require.Error(t, json.Unmarshal([]byte(`{"timeout":`+bad+`}`), &c), bad)
	}
}
