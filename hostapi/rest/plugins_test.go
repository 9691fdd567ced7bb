package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// loaded is a fixed list of plugins.
type loaded []Plugin

func (l loaded) Plugins(context.Context) []Plugin { return l }

func servePlugins(t *testing.T, list loaded) *httptest.Server {
	s := New(&scripted{state: lifecycle.Initializing}, nil, "127.0.0.1:0")
	s.ShowPlugins(list)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return server
}

func TestPluginsAreListedInEveryState(t *testing.T) {
	broken := "no such file"
	server := servePlugins(t, loaded{
		{Name: "acme.m", Version: "1.0.0", Runtime: "wasm", SHA256: "ab", Components: []PluginComponent{
			{Name: "age", Kind: sdk.KindCheck, Phases: []sdk.Phase{sdk.PhasePreReverse}, Required: true, Grants: []sdk.Capability{}}}},
		{Name: "acme.x", Runtime: "grpc", Error: &broken, Components: []PluginComponent{}},
	})
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
	require.JSONEq(t, `{"success":true,"plugins":[]}`, call(t, servePlugins(t, loaded{}), http.MethodGet, apiPath+"plugins", "").body)
}

func TestNoPluginEndpointsWithoutPlugins(t *testing.T) {
	server := serve(t, &scripted{state: lifecycle.Idle})
	requireFailure(t, call(t, server, http.MethodGet, apiPath+"plugins", ""), http.StatusNotFound, "NotFound")
}
