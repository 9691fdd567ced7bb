//go:build unix

package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requests are the endpoints of the matrix with a body that is right.
var requests = []struct{ method, path, body string }{
	{http.MethodPost, "start", startBody},
	{http.MethodPost, "pause", "{ }"},
	{http.MethodPost, "resume", "{ }"},
	{http.MethodPost, "commit", "{ }"},
	{http.MethodPost, "reverse", "{ }"},
	{http.MethodGet, "progress", ""},
	{http.MethodPost, "preflight", `{"trigger":"reverse"}`},
}

// rows say for each state, in the order of requests, whether the request is
// refused and how; "" for one that is answered, "-" for one that changes the
// state and is made elsewhere.
var rows = map[string][7]string{
	//             start           pause           resume          commit          reverse      progress preflight
	"INITIALIZING": {"Initializing", "Initializing", "Initializing", "Initializing", "Initializing", "", "Initializing"},
	"IDLE":         {"-", "IllegalState", "IllegalState", "IllegalState", "IllegalState", "", ""},
	"RUNNING":      {"IllegalState", "-", "IllegalState", "-", "IllegalState", "", ""},
	"PAUSED":       {"IllegalState", "IllegalState", "-", "IllegalState", "IllegalState", "", ""},
	"COMMITTING":   {"IllegalState", "IllegalState", "IllegalState", "IllegalState", "IllegalState", "", ""},
	"COMMITTED":    {"IllegalState", "IllegalState", "IllegalState", "IllegalState", "-", "", ""},
	"REVERSING":    {"IllegalState", "IllegalState", "IllegalState", "IllegalState", "IllegalState", "", ""},
}

// errorNames are the names that were seen, with their statuses.
type errorNames map[string]int

// refused sends a request that must be refused with an error of this name.
func (n errorNames) refused(s *server, name, method, path, body string, edit ...func(*http.Request)) reply {
	s.t.Helper()
	r := s.call(method, path, body, edit...)
	require.NotNil(s.t, r.Success, r.text)
	require.False(s.t, *r.Success, r.text)
	require.Equal(s.t, name, r.Error, r.text)
	require.NotEmpty(s.t, r.ErrorDescription)
	n[name] = r.status
	return r
}

// row sends every request of the matrix that does not change the state.
func (n errorNames) row(s *server, state string) {
	s.t.Helper()
	for i, req := range requests {
		switch want := rows[state][i]; want {
		case "-":
		case "":
			require.True(s.t, s.call(req.method, req.path, req.body).accepted(), "%s in %s", req.path, state)
		default:
			r := n.refused(s, want, req.method, req.path, req.body)
			if want == "IllegalState" {
				require.Contains(s.t, r.ErrorDescription, state, "the refusal names the state")
				require.Contains(s.t, r.ErrorDescription, "allowed here", "and what is allowed in it")
			}
		}
		require.Equal(s.t, state, s.progress().State, "after %s", req.path)
	}
}

// TestEveryStateAndEndpoint sends every request in every state of a real sync,
// and sees every error of the reference with its status. On the way, the side
// that is to be closed refuses everything that a plain user may do, at every
// stage.
func TestEveryStateAndEndpoint(t *testing.T) {
	t.Parallel()
	seen := errorNames{}
	w := newWorld(t, plain)
	w.plugins = t.TempDir()
	w.load()
	w.idle(seen)
	w.running(seen)
	w.paused(seen)
	w.committing(seen)
	w.reversing(seen)
	w.notReversible(seen)
	require.Equal(t, documentedErrors(t), seen)
}

// documentedErrors is the table of the reference.
func documentedErrors(t *testing.T) errorNames {
	t.Helper()
	text, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	out := errorNames{}
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d{3}) \\| `(\\w+)` \\|").FindAllStringSubmatch(string(text), -1) {
		out[row[2]], err = strconv.Atoi(row[1])
		require.NoError(t, err)
	}
	require.NotEmpty(t, out)
	return out
}

func crossSite(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }

// idle is about what comes before a sync.
func (w *world) idle(seen errorNames) {
	hung := w.sides[1].Members()[0]
	require.NoError(w.t, hung.Pause())
	w.launch()
	seen.row(w.server, "INITIALIZING")
	require.NoError(w.t, hung.Continue())
	w.server.state("IDLE")
	seen.row(w.server, "IDLE")

	seen.refused(w.server, "InvalidRequest", http.MethodPost, "start", `[]`)
	seen.refused(w.server, "InvalidRequest", http.MethodPost, "start", `{"source":"cluster0","destination":"cluster1","reversible":true,"surprise":1}`)
	seen.refused(w.server, "Forbidden", http.MethodPost, "start", startBody, crossSite)
	seen.refused(w.server, "NotFound", http.MethodPost, "begin", startBody)
	seen.refused(w.server, "MethodNotAllowed", http.MethodGet, "start", "")
	seen.refused(w.server, "TooLarge", http.MethodPost, "start", startBody+strings.Repeat(" ", 1<<20))

	require.NoError(w.t, os.Mkdir(filepath.Join(w.plugins, "empty"), 0o755))
	seen.refused(w.server, "PluginsNotLoaded", http.MethodPost, "plugins:reload", `{}`)
	require.NoError(w.t, os.Remove(filepath.Join(w.plugins, "empty")))

	w.define(1, "shop", "create", "users")
	r := seen.refused(w.server, "NotEligible", http.MethodPost, "start", startBody)
	require.Contains(w.t, r.text, "DESTINATION_NOT_EMPTY")
	w.define(1, "shop", "dropDatabase", 1)

	w.holds(1, "insert", "namespace", "shop.users")
	began := w.slowly(0, "listDatabases", func() { w.server.post("start", startBody) })
	seen.refused(w.server, "Busy", http.MethodPost, "start", startBody)
	require.True(w.t, w.server.call(http.MethodGet, "progress", "").accepted(), "progress is always answered")
	<-began
}
