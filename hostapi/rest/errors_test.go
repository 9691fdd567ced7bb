package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// TestEveryErrorName sees each name of the table over HTTP.
func TestEveryErrorName(t *testing.T) {
	engineSays := func(code core.Code) func(*scripted) {
		return func(e *scripted) { e.fail = &core.Error{Op: "commit", Code: code, Err: errors.New("because")} }
	}
	cases := map[core.Code]struct {
		prepare            func(*scripted)
		method, path, body string
		edit               func(*http.Request)
	}{
		core.InvalidRequest: {nil, "POST", "commit", "[]", nil},
		forbidden:           {nil, "POST", "commit", "{}", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }},
		notFound:            {nil, "POST", "comit", "{}", nil},
		methodNotAllowed:    {nil, "GET", "commit", "", nil},
		core.IllegalState:   {nil, "POST", "resume", "{}", nil},
		core.CannotCommit:   {engineSays(core.CannotCommit), "POST", "commit", "{}", nil},
		core.NotReversible:  {engineSays(core.NotReversible), "POST", "commit", "{}", nil},
		core.NotEligible:    {engineSays(core.NotEligible), "POST", "commit", "{}", nil},
		core.Busy:           {engineSays(core.Busy), "POST", "commit", "{}", nil},
		notLoaded:           {nil, "POST", "plugins:reload", "{}", nil},
		tooLarge:            {nil, "POST", "commit", "{}" + strings.Repeat(" ", maxBodyBytes), nil},
		core.Starting:       {func(e *scripted) { e.state = lifecycle.Initializing }, "POST", "commit", "{}", nil},
		core.Internal:       {func(e *scripted) { e.fail = errors.New("because") }, "POST", "commit", "{}", nil},
	}
	require.Len(t, cases, len(statuses))
	for code, c := range cases {
		t.Run(string(code), func(t *testing.T) {
			e := &scripted{state: lifecycle.Running}
			if c.prepare != nil {
				c.prepare(e)
			}
			before := e.state
			edits := []func(*http.Request){}
			if c.edit != nil {
				edits = append(edits, c.edit)
			}
			got := call(t, servePlugins(t, &loaded{err: errors.New("because")}, e), c.method, apiPath+c.path, c.body, edits...)
			requireFailure(t, got, statuses[code], string(code))
			require.Equal(t, before, e.state)
		})
	}
}

func TestWrongMethodNamesTheRightOne(t *testing.T) {
	server := serve(t, &scripted{state: lifecycle.Running})
	got := call(t, server, http.MethodGet, apiPath+"commit", "")
	require.Equal(t, http.MethodPost, got.header.Get("Allow"))
	got = call(t, server, http.MethodPost, apiPath+"progress", "{}")
	require.Equal(t, http.MethodGet, got.header.Get("Allow"))
	requireFailure(t, got, http.StatusMethodNotAllowed, "MethodNotAllowed")
	got = call(t, server, http.MethodOptions, apiPath+"commit", "")
	requireFailure(t, got, http.StatusMethodNotAllowed, "MethodNotAllowed")
}

func TestOtherPathsAreNotFound(t *testing.T) {
	server := serve(t, &scripted{state: lifecycle.Running})
	for _, path := range []string{"/", "/api/v1", "/api/v1/", "/api/v1/commit/", "//api/v1/commit", "/api/v1/../v1/commit", "/API/v1/commit", "/debug/pprof/"} {
		requireFailure(t, call(t, server, http.MethodPost, path, "{}"), http.StatusNotFound, "NotFound")
	}
}

func TestNotEligibleShowsEveryFailedCheck(t *testing.T) {
	by := func(module string, f sdk.Finding) sdk.ReportedFinding {
		return sdk.ReportedFinding{Module: module, Component: "check", Finding: f}
	}
	findings := []sdk.ReportedFinding{
		by("revsync.versions", sdk.Errorf("VERSION_MISMATCH", "cluster0 runs 6.0, cluster1 7.0").Cure("upgrade cluster0")),
		by("revsync.window", sdk.Warningf("SMALL_WINDOW", "two hours left")),
		by("revsync.indexes", sdk.Errorf("OLD_INDEX_FORMAT", "shop.orders has an old index").On("cluster0")),
	}
	e := &scripted{state: lifecycle.Committed, fail: &core.Error{
		Op: "reverse", Code: core.NotEligible, Err: errors.New("2 checks refused"), Findings: findings}}
	got := call(t, serve(t, e), http.MethodPost, apiPath+"reverse", "{}")
	requireFailure(t, got, http.StatusConflict, "NotEligible")
	require.Equal(t, lifecycle.Committed, e.state)
	require.Equal(t, "2 checks refused; revsync.versions/check/VERSION_MISMATCH: cluster0 runs 6.0, cluster1 7.0 (upgrade cluster0); revsync.indexes/check/OLD_INDEX_FORMAT: shop.orders has an old index",
		got.json["errorDescription"])
	checks := got.json["checks"].([]any)
	require.Len(t, checks, 3)
	require.Equal(t, map[string]any{"module": "revsync.versions", "component": "check", "code": "VERSION_MISMATCH", "severity": "error",
		"message": "cluster0 runs 6.0, cluster1 7.0", "remediation": "upgrade cluster0"}, checks[0])
}

func TestAPlainIllegalTransitionIsIllegalState(t *testing.T) {
	_, err := lifecycle.Next(lifecycle.Idle, lifecycle.Commit)
	status, reply := failureOf(fmt.Errorf("commit: %w", err))
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, core.IllegalState, reply.Error)
}

func TestUnknownCodeIsAServerError(t *testing.T) {
	status, _ := failureOf(&core.Error{Code: "NewCode"})
	require.Equal(t, http.StatusInternalServerError, status)
}

type panicking struct{ scripted }

func (*panicking) Commit(context.Context, ...string) error { panic("index out of range") }

func TestAPanicIsAnInternalErrorAndFreesTheLock(t *testing.T) {
	server := serve(t, &panicking{scripted{state: lifecycle.Running}})
	requireFailure(t, call(t, server, http.MethodPost, apiPath+"commit", "{}"), http.StatusInternalServerError, "InternalError")
	requireSuccess(t, call(t, server, http.MethodPost, apiPath+"pause", "{}"))
}

func TestCredentialsNeverLeave(t *testing.T) {
	e := &scripted{state: lifecycle.Running, fail: errors.New(`connect "mongodb+srv://eve:s3cret@db.example/?tlsCertificateKeyFilePassword=hush&w=1": refused`)}
	got := call(t, serve(t, e), http.MethodPost, apiPath+"commit", "{}")
	require.NotContains(t, got.body, "s3cret")
	require.NotContains(t, got.body, "hush")
	require.NotContains(t, got.body, "eve:")
	require.Contains(t, got.body, "db.example")
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"mongodb://h:1/db":                      "mongodb://h:1/db",
		"mongodb://u:p@h:1/db":                  "mongodb://***@h:1/db",
		"MONGODB+SRV://u:p@h":                   "MONGODB+SRV://***@h",
		"mongodb://u:p/@q@h then":               "mongodb://***@h then",
		"mongodb://u:p w@h":                     "mongodb://***@h",
		`{"a":"mongodb://u:p\"w@h","b":"x@y"}`:  `{"a":"mongodb://***@h","b":"x@y"}`,
		"mongodb//u:p@h":                        "mongodb//***@h",
		"mongodb:/u:p@h":                        "mongodb:/***@h",
		"line one\nmongodb://u:p@h\nmail x@y":   "line one\nmongodb://***@h\nmail x@y",
		"?authMechanismProperties=A:b&x=1 rest": "?authMechanismProperties=***&x=1 rest",
	} {
		require.Equal(t, want, string(Redact([]byte(in))))
	}
}

// TestDocumentedErrorTable compares the table of the reference with ours.
func TestDocumentedErrorTable(t *testing.T) {
	doc, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	documented := map[core.Code]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d{3}) \\| `(\\w+)` \\|").FindAllStringSubmatch(string(doc), -1) {
		documented[core.Code(row[2])], err = strconv.Atoi(row[1])
		require.NoError(t, err)
	}
	require.Equal(t, statuses, documented)
}
