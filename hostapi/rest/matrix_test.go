package rest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

const startRequest = `{"source":"cluster0","destination":"cluster1","reversible":true}`

// requests are the endpoints of the matrix with a body that is right.
var requests = []struct{ method, path, body string }{
	{http.MethodPost, "start", startRequest},
	{http.MethodPost, "pause", "{ }"},
	{http.MethodPost, "resume", "{ }"},
	{http.MethodPost, "commit", "{ }"},
	{http.MethodPost, "reverse", "{ }"},
	{http.MethodGet, "progress", ""},
	{http.MethodPost, "preflight", `{"trigger":"reverse"}`},
}

// matrix is the expected outcome in the order of requests: the state that
// follows, "same" for a request that changes nothing, or the name of the error.
// It is written down here and not taken from the engine's table on purpose.
var matrix = map[lifecycle.State][7]string{
	//                      start           pause           resume          commit          reverse         progress preflight
	lifecycle.Initializing: {"Initializing", "Initializing", "Initializing", "Initializing", "Initializing", "same", "Initializing"},
	lifecycle.Idle:         {"RUNNING", "IllegalState", "IllegalState", "IllegalState", "IllegalState", "same", "same"},
	lifecycle.Running:      {"IllegalState", "PAUSED", "IllegalState", "COMMITTING", "IllegalState", "same", "same"},
	lifecycle.Paused:       {"IllegalState", "IllegalState", "RUNNING", "IllegalState", "IllegalState", "same", "same"},
	lifecycle.Committing:   {"IllegalState", "IllegalState", "IllegalState", "IllegalState", "IllegalState", "same", "same"},
	lifecycle.Committed:    {"IllegalState", "IllegalState", "IllegalState", "IllegalState", "REVERSING", "same", "same"},
	lifecycle.Reversing:    {"IllegalState", "IllegalState", "IllegalState", "IllegalState", "IllegalState", "same", "same"},
}

func TestStateEndpointMatrix(t *testing.T) {
	require.Len(t, matrix, len(lifecycle.States))
	for _, state := range lifecycle.States {
		for i, req := range requests {
			want := matrix[state][i]
			t.Run(string(state)+"/"+req.path, func(t *testing.T) {
				e := &scripted{state: state}
				got := call(t, serve(t, e), req.method, apiPath+req.path, req.body)
				switch want {
				case "Initializing":
					requireFailure(t, got, http.StatusServiceUnavailable, want)
					require.Equal(t, state, e.state)
				case "IllegalState":
					requireFailure(t, got, http.StatusConflict, want)
					require.Contains(t, got.json["errorDescription"], string(state), "the refusal names the state")
					require.Contains(t, got.json["errorDescription"], "allowed here", "and what is allowed in it")
					require.Equal(t, state, e.state)
				case "same":
					requireSuccess(t, got)
					require.Equal(t, state, e.state)
				default:
					requireSuccess(t, got)
					require.Equal(t, want, string(e.state))
				}
			})
		}
	}
}
