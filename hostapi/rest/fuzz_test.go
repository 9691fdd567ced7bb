package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

// FuzzBodies sends any bytes to every POST endpoint. The reply is always whole
// JSON; the engine is asked if and only if the request was found right, and
// what it is asked for is valid and can be said again in the same words.
func FuzzBodies(f *testing.F) {
	f.Add("start", startRequest)
	f.Add("start", `{"source":"cluster1","destination":"cluster0","includeNamespaces":[{"database":"d","collectionsRegex":{"pattern":"^a","options":"i"}}]}`)
	f.Add("pause", "{}")
	f.Add("preflight", `{"trigger":"reverse"}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		e := &scripted{state: lifecycle.Idle}
		req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+apiPath+"start", strings.NewReader(body))
		req.URL.Path = apiPath + path
		rec := httptest.NewRecorder()
		New(e, nil, "127.0.0.1:0").Handler().ServeHTTP(rec, req)

		var reply struct {
			Success          bool
			ErrorDescription string
		}
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &reply))
		require.Equal(t, rec.Code == http.StatusOK, reply.Success)
		require.Equal(t, reply.Success, reply.ErrorDescription == "")
		if rec.Code != http.StatusOK && rec.Code != http.StatusConflict {
			require.Empty(t, e.calls, "a refused request reached the engine")
			require.Equal(t, lifecycle.Idle, e.state)
		}
		if e.state == lifecycle.Running {
			require.NoError(t, e.started.Mapping.Validate())
			require.NoError(t, e.started.Options.Validate())
			require.True(t, json.Valid([]byte(body)))
		}
	})
}
