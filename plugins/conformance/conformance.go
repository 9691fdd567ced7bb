// Package conformance is the test that every module must pass, whatever it is written in and however it runs.
package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// Subject is the module under test.
type Subject struct {
	// Open loads the module. It is called once for every test that needs a module of its own; the subject closes it
	// through the test's Cleanup.
	Open func(t testing.TB) plugins.Module
	// Request gives a sensible request for a component; nil sends a bare one.
	Request func(t testing.TB, component string) sdk.Request
	// Breaks is what a broken module's error looks like (a trap, a panic); nil knows none. The suite asserts that
	// awkward requests do not lead there.
	Breaks func(error) bool
	// CallHooks lets the suite evaluate hooks, several times each, with requests that say dryRun unless Request makes others.
	// Hooks act whatever a request says, so that without it they are not called; neither is then a module that has a hook
	// asked for a component that it does not have, since it might take that for its hook.
	CallHooks bool
}

// patience is the longest that one evaluation of the suite may take on a busy machine.
const patience = 30 * time.Second

// NotCalled lists the hooks of a module that the suite does not evaluate unless CallHooks is set.
func NotCalled(d sdk.Descriptor) (hooks []string) {
	for _, c := range d.Components {
		if c.Kind == sdk.KindHook {
			hooks = append(hooks, c.Name)
		}
	}
	return hooks
}

// Run runs the suite as subtests. A component that does not answer is not asked the rest.
func Run(t *testing.T, s Subject) {
	m := s.Open(t)
	d, err := m.Describe(t.Context())
	require.NoError(t, err)
	t.Run("descriptor", func(t *testing.T) { s.descriptor(t, m, d) })
	var spared []string
	if !s.CallHooks {
		spared = NotCalled(d)
	}
	if len(spared) == 0 {
		t.Run("unknown component", func(t *testing.T) { s.unknownComponent(t, m) })
	}
	for _, c := range d.Components {
		if !slices.Contains(spared, c.Name) {
			t.Run(c.Name, func(t *testing.T) { s.component(t, m, c) })
		}
	}
	t.Run("close", func(t *testing.T) { s.closes(t) })
}

func (s Subject) component(t *testing.T, m plugins.Module, c sdk.Component) {
	if !t.Run("answers", func(t *testing.T) { s.answers(t, m, c) }) {
		return // each of the others would wait as long
	}
	t.Run("same request, same answer", func(t *testing.T) { s.repeats(t, m, c) })
	t.Run("bare request", func(t *testing.T) { s.bare(t, m, c) })
	t.Run("large request", func(t *testing.T) { s.large(t, m, c) })
	t.Run("every host status", func(t *testing.T) { s.statuses(t, m, c) })
	t.Run("host that hangs", func(t *testing.T) { s.slowHost(t, m, c) })
	t.Run("ended context", func(t *testing.T) { s.ended(t, m, c) })
}

func (s Subject) request(t testing.TB, c sdk.Component) *sdk.Request {
	r := sdk.Request{APIVersion: sdk.APIVersion, EvaluationID: "conformance", Trigger: sdk.TriggerReverse,
		Phase: c.Phases[0], DryRun: true}
	if s.Request != nil {
		r = s.Request(t, c.Name)
	}
	r.Component = c.Name
	r.Facts = r.Facts.Only(c.Facts)
	return &r
}

func (s Subject) descriptor(t *testing.T, m plugins.Module, first sdk.Descriptor) {
	require.NoError(t, first.Validate())
	second, err := m.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, second, "a description does not change")
	require.NotEmpty(t, first.Version)
	for _, c := range first.Components {
		for _, p := range c.Phases {
			require.Contains(t, sdk.Phases, p, "component %s names a phase that v1 does not have", c.Name)
		}
		for _, f := range c.Facts {
			require.Contains(t, sdk.FactFamilies, f, "component %s asks for facts that v1 does not have", c.Name)
		}
	}
}

func (s Subject) unknownComponent(t *testing.T, m plugins.Module) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := m.Evaluate(ctx, Host{}, &sdk.Request{Component: "no-such-component", DryRun: true})
	require.NoError(t, ctx.Err(), "asked for a component that it does not have, the module gives no answer within %s", patience)
	require.Error(t, err, "an unknown component must not pass: fail with NOT_FOUND (5)")
	require.Equal(t, sdk.CodeNotFound, sdk.StatusOf(err).Code, "asked for a component that it does not have, a module fails with NOT_FOUND (5), not with: %v", err)
}

// judge evaluates and checks what holds for every evaluation: it ends, and with a valid answer or with an error
// that is not the breakdown of the module.
func (s Subject) judge(t testing.TB, m plugins.Module, host sdk.Host, r *sdk.Request) (*sdk.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	resp, err := m.Evaluate(ctx, host, r)
	require.NoError(t, ctx.Err(), "component %s gives no answer within %s", r.Component, patience)
	if err != nil {
		require.False(t, s.Breaks != nil && s.Breaks(err), "the module broke: %v", err)
		return nil, err
	}
	require.NoError(t, resp.Validate(), "the answer of component %s is not valid", r.Component)
	return resp, nil
}

func (s Subject) answers(t *testing.T, m plugins.Module, c sdk.Component) {
	resp, err := s.judge(t, m, Host{}, s.request(t, c))
	if err == nil {
		require.NotNil(t, resp.Findings, "an empty list, not none")
	}
}

func (s Subject) repeats(t *testing.T, m plugins.Module, c sdk.Component) {
	first, err1 := s.judge(t, m, Host{}, s.request(t, c))
	second, err2 := s.judge(t, m, Host{}, s.request(t, c))
	require.Equal(t, err1 == nil, err2 == nil, "the same request must end in the same way: first %v, then %v", err1, err2)
	require.Equal(t, encode(t, first), encode(t, second), "an evaluation must not depend on the one before it")
}

// bare sends a request in which nothing is known, but for a hook that it should not act; that is never a reason to pass without a word.
func (s Subject) bare(t *testing.T, m plugins.Module, c sdk.Component) {
	resp, err := s.judge(t, m, Host{}, &sdk.Request{Component: c.Name, DryRun: c.Kind == sdk.KindHook})
	if err != nil || len(c.Facts) == 0 {
		return
	}
	require.NotEmpty(t, resp.Findings, "the component needs facts, has none, and says nothing")
}

func (s Subject) large(t *testing.T, m plugins.Module, c sdk.Component) {
	_, usual := s.judge(t, m, Host{}, s.request(t, c))
	r := s.request(t, c)
	r.Sync.ID = strings.Repeat("x", 256<<10)
	_, err := s.judge(t, m, Host{}, r)
	require.Equal(t, usual == nil, err == nil, "size alone must not matter: %v", err)
}

func (s Subject) statuses(t *testing.T, m plugins.Module, c sdk.Component) {
	if len(c.Capabilities) == 0 {
		t.Skip("the component makes no host calls")
	}
	for _, code := range sdk.Codes {
		_, _ = s.judge(t, m, Host{Status: code}, s.request(t, c)) // judge asserts; an error or a finding is right
	}
}

func (s Subject) slowHost(t *testing.T, m plugins.Module, c sdk.Component) {
	if len(c.Capabilities) == 0 {
		t.Skip("the component makes no host calls")
	}
	var called atomic.Bool
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := m.Evaluate(ctx, Host{Hang: true, Called: &called}, s.request(t, c))
	require.Less(t, time.Since(start), patience)
	if called.Load() && err == nil {
		t.Log("the component answered without what it had asked for")
	}
}

func (s Subject) ended(t *testing.T, m plugins.Module, c sdk.Component) {
	gone := errors.New("gone")
	bounded, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	ctx, cancel := context.WithCancelCause(bounded)
	cancel(gone)
	start := time.Now()
	_, _ = m.Evaluate(ctx, Host{}, s.request(t, c)) // a quick answer is as good as an error
	require.Less(t, time.Since(start), patience)
}

func (s Subject) closes(t *testing.T) {
	m := s.Open(t)
	require.NoError(t, m.Close(t.Context()))
	require.NoError(t, m.Close(t.Context()), "closing twice is allowed")
}

func encode(t testing.TB, resp *sdk.Response) string {
	doc, err := json.Marshal(resp)
	require.NoError(t, err)
	return string(doc)
}
