package rest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// loaded is a list of plugins that the next reload replaces.
type loaded struct {
	now, next []Plugin
	err       error
}

func (l *loaded) Plugins(context.Context) []Plugin { return l.now }

func (l *loaded) Reload(context.Context) error {
	if l.err == nil {
		l.now = l.next
	}
	return l.err
}

func servePlugins(t *testing.T, list *loaded, engine ...*scripted) *httptest.Server {
	e := &scripted{state: lifecycle.Initializing}
	for _, given := range engine {
		e = given
	}
	s := New(e, nil, "127.0.0.1:0")
	s.ShowPlugins(list)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return server
}

func TestPluginsAreListedInEveryState(t *testing.T) {
	broken := "no such file"
	server := servePlugins(t, &loaded{now: []Plugin{
		{Name: "acme.m", Version: "1.0.0", Runtime: "wasm", SHA256: "ab", Components: []PluginComponent{
			{Name: "age", Kind: sdk.KindCheck, Phases: []sdk.Phase{sdk.PhasePreReverse}, Required: true, Grants: []sdk.Capability{}}}},
		{Name: "acme.x", Runtime: "grpc", Error: &broken, Components: []PluginComponent{}},
	}})
	got := call(t, server, http.MethodGet, apiPath+"plugins", "")
	requireSuccess(t, got)
	require.JSONEq(t, `{"success":true,"plugins":[
		{"name":"acme.m","version":"1.0.0","runtime":"wasm","sha256":"ab","error":null,
		 "components":[{"name":"age","kind":"check","phases":["preReverse"],"required":true,"grants":[]}]},
		{"name":"acme.x","runtime":"grpc","error":"no such file","components":[]}]}`, got.body)
	got = call(t, server, http.MethodGet, apiPath+"plugins/acme.x", "")
	requireSuccess(t, got)
	require.JSONEq(t, `{"success":true,"plugin":{"name":"acme.x","runtime":"grpc","error":"no such file","components":[]}}`, got.body)

	requireFailure(t, call(t, server, http.MethodGet, apiPath+"plugins/acme", ""), http.StatusNotFound, "NotFound")
	requireFailure(t, call(t, server, http.MethodGet, apiPath+"plugins/acme.m/age", ""), http.StatusNotFound, "NotFound")
	for _, path := range []string{"plugins", "plugins/acme.m"} {
		got := call(t, server, http.MethodPost, apiPath+path, "{}")
		requireFailure(t, got, http.StatusMethodNotAllowed, "MethodNotAllowed")
		require.Equal(t, "GET", got.header.Get("Allow"))
	}
	require.JSONEq(t, `{"success":true,"plugins":[]}`, call(t, servePlugins(t, &loaded{}), http.MethodGet, apiPath+"plugins", "").body)
}

func TestReload(t *testing.T) {
	list := &loaded{now: []Plugin{{Name: "acme.old"}}, next: []Plugin{{Name: "acme.new"}}, err: errors.New("acme.new cannot be loaded")}
	server := servePlugins(t, list)
	const path = apiPath + "plugins:reload"
	got := call(t, server, http.MethodPost, path, "{}")
	requireFailure(t, got, http.StatusConflict, "PluginsNotLoaded")
	require.Contains(t, got.json["errorDescription"], "nothing was changed: acme.new cannot be loaded")
	list.err = nil
	requireFailure(t, call(t, server, http.MethodPost, path, `{"force":true}`), http.StatusBadRequest, "InvalidRequest")
	require.Equal(t, "acme.old", list.now[0].Name)
	requireFailure(t, call(t, server, http.MethodGet, path, ""), http.StatusMethodNotAllowed, "MethodNotAllowed")
	got = call(t, server, http.MethodPost, path, "{}")
	requireSuccess(t, got)
	require.Contains(t, got.body, `"name":"acme.new"`)
}

func TestEvaluateOneComponent(t *testing.T) {
	engine := &scripted{state: lifecycle.Committed, evaluated: sdk.Result{Module: "acme.m", ModuleVersion: "1.0.0", Component: "age",
		Kind: sdk.KindCheck, Required: true, Outcome: sdk.OutcomeRefused, Findings: []sdk.Finding{sdk.Errorf("TOO_OLD", "it is too old")},
		HostCalls: 2, Denied: []sdk.DeniedCall{{Op: "find", Cluster: sdk.RoleSource, Reason: "not granted"}}, DurationMillis: 7}}
	server := servePlugins(t, &loaded{now: []Plugin{{Name: "acme.m", Components: []PluginComponent{
		{Name: "age", Phases: []sdk.Phase{sdk.PhasePreflight, sdk.PhasePreReverse, sdk.PhasePreCommit}}}}}}, engine)
	path := func(plugin, component string) string {
		return apiPath + "plugins/" + plugin + "/components/" + component + ":evaluate"
	}
	got := call(t, server, http.MethodPost, path("acme.m", "age"), `{"trigger":"reverse"}`)
	requireSuccess(t, got)
	require.JSONEq(t, `{"success":true,"evaluation":{"trigger":"reverse","module":"acme.m","moduleVersion":"1.0.0","component":"age",
		"kind":"check","required":true,"outcome":"refused","hostCalls":2,"durationMillis":7,
		"denied":[{"op":"find","cluster":"source","reason":"not granted"}],
		"findings":[{"code":"TOO_OLD","severity":"error","message":"it is too old"}]}}`, got.body)
	requireSuccess(t, call(t, server, http.MethodPost, path("acme.m", "age"), `{}`))
	require.Equal(t, []string{"evaluate acme.m/age before reverse", "evaluate acme.m/age before commit"}, engine.calls)

	requireFailure(t, call(t, server, http.MethodPost, path("acme.m", "no"), `{}`), http.StatusNotFound, "NotFound")
	broken := "its manifest cannot be read"
	unread := servePlugins(t, &loaded{now: []Plugin{{Name: "acme.x", Error: &broken}}}, engine)
	got = call(t, unread, http.MethodPost, path("acme.x", "age"), `{}`)
	requireFailure(t, got, http.StatusNotFound, "NotFound")
	require.Contains(t, got.json["errorDescription"], broken)
	requireFailure(t, call(t, server, http.MethodPost, path("acme.no", "age"), `{}`), http.StatusNotFound, "NotFound")
	requireFailure(t, call(t, server, http.MethodPost, path("acme.m", "age"), `{"trigger":"pause"}`), http.StatusBadRequest, "InvalidRequest")
	requireFailure(t, call(t, server, http.MethodPost, path("acme.m", "age"), `{"dryRun":false}`), http.StatusBadRequest, "InvalidRequest")
	requireFailure(t, call(t, server, http.MethodGet, path("acme.m", "age"), ""), http.StatusMethodNotAllowed, "MethodNotAllowed")
	require.Len(t, engine.calls, 2)
	engine.fail = &core.Error{Op: "evaluate", Code: core.InvalidRequest, Err: errors.New("it takes no part")}
	requireFailure(t, call(t, server, http.MethodPost, path("acme.m", "age"), `{"trigger":"start"}`), http.StatusBadRequest, "InvalidRequest")
}

func TestNoPluginEndpointsWithoutPlugins(t *testing.T) {
	server := serve(t, &scripted{state: lifecycle.Idle})
	requireFailure(t, call(t, server, http.MethodGet, apiPath+"plugins", ""), http.StatusNotFound, "NotFound")
}
