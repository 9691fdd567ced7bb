package rest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

// acceptBodies are the requests that can accept findings, ready for one more field.
var acceptBodies = map[string]struct {
	state lifecycle.State
	body  string
}{
	"start":     {lifecycle.Idle, `{"source":"cluster0","destination":"cluster1",%}`},
	"commit":    {lifecycle.Running, `{%}`},
	"reverse":   {lifecycle.Committed, `{%}`},
	"preflight": {lifecycle.Committed, `{"trigger":"reverse",%}`},
}

func TestAcceptedFindingsReachTheEngine(t *testing.T) {
	for path, c := range acceptBodies {
		t.Run(path, func(t *testing.T) {
			e := &scripted{state: c.state}
			body := strings.Replace(c.body, "%", `"acceptFindings":["acme.indexes/format-6/OLD_FORMAT","m/c/X"]`, 1)
			requireSuccess(t, call(t, serve(t, e), http.MethodPost, apiPath+path, body))
			require.Equal(t, []string{"acme.indexes/format-6/OLD_FORMAT", "m/c/X"}, append(e.accept, e.started.Accept...))
		})
	}
}

func TestWhatCannotBeAccepted(t *testing.T) {
	many, err := json.Marshal(strings.Fields(strings.Repeat("m/c/X ", 33)))
	require.NoError(t, err)
	wrong := map[string]string{
		`"m/c/X"`:                               "want an array",
		`[]`:                                    "empty array",
		`[null]`:                                "want a string",
		`[7]`:                                   "want a string",
		`[""]`:                                  "empty string",
		`["X"]`:                                 "module/component/CODE",
		`["m/X"]`:                               "module/component/CODE",
		`["m/c/*"]`:                             "module/component/CODE",
		`["m/c/x"]`:                             "module/component/CODE",
		`["m/c/X\n"]`:                           "module/component/CODE",
		`["m/c/d/X"]`:                           "module/component/CODE",
		`["Revsync.engine/guards/X"]`:           "module/component/CODE",
		`["revsync.engine/guards/NOT_EMPTY"]`:   "guard of the engine",
		`["m/c/X","revsync.engine/guards/ANY"]`: "guard of the engine",
		`["m/c/PLUGIN_FAILED"]`:                 "gave no answer",
		`["m/c/X","m/c/X"]`:                     "there twice",
		string(many):                            "more than 32",
	}
	for path, c := range acceptBodies {
		for value, says := range wrong {
			e := &scripted{state: c.state}
			got := call(t, serve(t, e), http.MethodPost, apiPath+path, strings.Replace(c.body, "%", `"acceptFindings":`+value, 1))
			requireFailure(t, got, http.StatusBadRequest, "InvalidRequest")
			require.Contains(t, got.json["errorDescription"], says, "%s %s", path, value)
			require.Empty(t, e.calls, "%s %s", path, value)
		}
	}
	for _, path := range []string{"pause", "resume"} {
		got := call(t, serve(t, &scripted{state: lifecycle.Running}), http.MethodPost, apiPath+path, `{"acceptFindings":["m/c/X"]}`)
		requireFailure(t, got, http.StatusBadRequest, "InvalidRequest")
	}
}
