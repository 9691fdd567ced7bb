package rest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serve puts an engine behind a real HTTP server on a loopback port.
func serve(t *testing.T, e Engine) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(New(e, nil, "127.0.0.1:0").Handler())
	t.Cleanup(server.Close)
	if s, ok := e.(*scripted); ok && s.hold != nil {
		t.Cleanup(s.release) // first, or Close would wait for the held request
	}
	return server
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

// call sends one request; edit may change it first.
func call(t *testing.T, server *httptest.Server, method, path, body string, edit ...func(*http.Request)) reply {
	t.Helper()
	var reader io.Reader
	if method == http.MethodPost {
		reader = strings.NewReader(body)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // a request that waits has failed
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, server.URL+path, reader)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // what curl --data sends
	for _, f := range edit {
		f(req)
	}
	res, err := server.Client().Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	r := reply{status: res.StatusCode, header: res.Header, body: string(text)}
	if len(text) > 0 {
		require.NoError(t, json.Unmarshal(text, &r.json), r.body)
	}
	return r
}

// requireFailure looks at the whole error shape.
func requireFailure(t *testing.T, r reply, status int, name string) {
	t.Helper()
	require.Equal(t, status, r.status, r.body)
	require.Equal(t, false, r.json["success"], r.body)
	require.Equal(t, name, r.json["error"], r.body)
	require.NotEmpty(t, r.json["errorDescription"], r.body)
	require.NotContains(t, r.json, "progress")
}

func requireSuccess(t *testing.T, r reply) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.body)
	require.Equal(t, true, r.json["success"], r.body)
	require.NotContains(t, r.json, "error")
	require.NotContains(t, r.json, "errorDescription")
}
