package rest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
)

// start makes a body of the two ends and more fields.
func startWith(more string) string {
	return `{"source":"cluster0","destination":"cluster1",` + more + `}`
}

func TestStartAccepts(t *testing.T) {
	forward := lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}
	with := func(change func(*core.StartOptions)) core.StartOptions {
		o := core.StartOptions{Mapping: forward, Options: lifecycle.Options{
			WriteBlocking: lifecycle.BlockDestinationOnly, BuildIndexes: lifecycle.AfterDataCopy}}
		if change != nil {
			change(&o)
		}
		return o
	}
	blocking := func(w lifecycle.WriteBlocking) core.StartOptions {
		return with(func(o *core.StartOptions) { o.WriteBlocking = w })
	}
	reversible := with(func(o *core.StartOptions) {
		o.Reversible, o.WriteBlocking = true, lifecycle.BlockSourceAndDestination
	})
	cases := map[string]core.StartOptions{
		`{"source":"cluster0","destination":"cluster1"}`:                         with(nil),
		` { "source" : "cluster0" , "destination" : "cluster1" } ` + "\n":        with(nil),
		`{"source":"cluster1","destination":"cluster0"}`:                         with(func(o *core.StartOptions) { o.Mapping = forward.Reversed() }),
		startWith(`"reversible":true`):                                           reversible,
		startWith(`"reversible":true,"enableUserWriteBlocking":true`):            reversible,
		startWith(`"reversible":false`):                                          with(nil),
		startWith(`"enableUserWriteBlocking":"sourceAndDestination"`):            blocking(lifecycle.BlockSourceAndDestination),
		startWith(`"enableUserWriteBlocking":true`):                              blocking(lifecycle.BlockSourceAndDestination),
		startWith(`"enableUserWriteBlocking":"destinationOnly"`):                 blocking(lifecycle.BlockDestinationOnly),
		startWith(`"enableUserWriteBlocking":"none"`):                            blocking(lifecycle.BlockNone),
		startWith(`"enableUserWriteBlocking":false`):                             blocking(lifecycle.BlockNone),
		startWith(`"buildIndexes":"never"`):                                      with(func(o *core.StartOptions) { o.BuildIndexes = lifecycle.NeverBuild }),
		startWith(`"buildIndexes":"beforeDataCopy"`):                             with(func(o *core.StartOptions) { o.BuildIndexes = lifecycle.BeforeDataCopy }),
		startWith(`"detectRandomId":false,"skipDiskSpaceCheck":true`):            with(nil),
		startWith(`"copyInNaturalOrder":[{"database":"d","collections":["a"]}]`): with(nil),
		startWith(`"verification":{"enabled":false}`):                            with(nil),
		startWith(`"verification":{}`):                                           with(nil),
		startWith(`"preExistingDestinationData":false`):                          with(nil),
		startWith(`"destinationDataHandling":"requireEmptyDestination"`):         with(nil),
		startWith(`"includeNamespaces":[{"database":"d","collections":["a","b"]},{"databaseRegex":{"pattern":"^x","options":"mi"},"collectionsRegex":{"pattern":"y"}}]`): with(func(o *core.StartOptions) {
			o.Include = []lifecycle.NSFilter{
				{Database: "d", Collections: []string{"a", "b"}},
				{DatabaseRegex: &lifecycle.Pattern{Pattern: "^x", Options: "mi"}, CollectionsRegex: &lifecycle.Pattern{Pattern: "y"}},
			}
		}),
		startWith(`"excludeNamespaces":[{"database":"d"}]`): with(func(o *core.StartOptions) {
			o.Exclude = []lifecycle.NSFilter{{Database: "d"}}
		}),
	}
	for body, want := range cases {
		t.Run(body, func(t *testing.T) {
			e := &scripted{state: lifecycle.Idle}
			requireSuccess(t, call(t, serve(t, e), http.MethodPost, apiPath+"start", body))
			require.Equal(t, want, e.started)
		})
	}
}

// TestStartRefuses has for each bad body a part of the text that names the cause.
func TestStartRefuses(t *testing.T) {
	for body, because := range map[string]string{
		"":                          "empty",
		" \n":                       "empty",
		"null":                      "not a JSON object",
		"[]":                        "not a JSON object",
		`"x"`:                       "not a JSON object",
		"source=cluster0":           "not JSON",
		"{":                         "ends too early",
		`{"source"`:                 "ends too early",
		`{"source":`:                "ends too early",
		`{"source":"cluster0"`:      "ends too early",
		`{"source":"cluster0",}`:    "not JSON",
		`{source:"cluster0"}`:       "not JSON",
		"\xff{}":                    "not UTF-8",
		"{}":                        "both needed",
		`{"source":"cluster0"}`:     "both needed",
		startWith(`"x":1`) + "{}":   `"x" is not known`,
		startWith(`"Reversible":1`): `"Reversible" is not known`,
		startWith(`"x":1`):          `"x" is not known; known are acceptFindings, buildIndexes`,
		`{"source":"cluster0","destination":"cluster1"}{}`:                                  "after the end",
		`{"source":"cluster0","destination":"cluster1"} ]`:                                  "after the end",
		`{"source":"cluster0","destination":"cluster0"}`:                                    "must differ",
		`{"source":"cluster0","destination":"cluster2"}`:                                    "cluster2",
		`{"source":"","destination":"cluster1"}`:                                            "both needed",
		startWith(`"source":"cluster0"`):                                                    `"source" is there twice`,
		startWith(`"reversible":null`):                                                      `"reversible" is null`,
		startWith(`"reversible":"true"`):                                                    `"reversible": want a bool, got a string`,
		startWith(`"reversible":1`):                                                         `"reversible": want a bool, got a number`,
		startWith(`"enableUserWriteBlocking":"both"`):                                       `"both" is not supported`,
		startWith(`"enableUserWriteBlocking":1`):                                            `"enableUserWriteBlocking": want one of`,
		startWith(`"buildIndexes":"excludeHashed"`):                                         `"excludeHashed" is not supported`,
		startWith(`"buildIndexes":"AfterDataCopy"`):                                         `"AfterDataCopy" is not supported`,
		startWith(`"buildIndexes":true`):                                                    `"buildIndexes": want one of`,
		startWith(`"sharding":{"shardingEntries":[]}`):                                      `"sharding": not supported`,
		startWith(`"namespaceRemap":[]`):                                                    `"namespaceRemap": not supported`,
		startWith(`"documentFilter":{}`):                                                    `"documentFilter": not supported`,
		startWith(`"preExistingDestinationData":true`):                                      `"preExistingDestinationData": true is not supported`,
		startWith(`"preExistingDestinationData":"no"`):                                      "want a bool",
		startWith(`"destinationDataHandling":"ignore"`):                                     `"destinationDataHandling"`,
		startWith(`"verification":{"enabled":true}`):                                        "no embedded verifier",
		startWith(`"verification":true`):                                                    `"verification": not a JSON object`,
		startWith(`"verification":{"on":false}`):                                            `"on" is not known`,
		startWith(`"detectRandomId":"yes"`):                                                 "want a bool",
		startWith(`"skipDiskSpaceCheck":0`):                                                 "want a bool",
		startWith(`"copyInNaturalOrder":{}`):                                                "want an array",
		startWith(`"copyInNaturalOrder":[{"collections":["a"]}]`):                           `"database" is missing`,
		startWith(`"copyInNaturalOrder":[{"database":"d","collections":[1]}]`):              "want a string, got a number",
		startWith(`"includeNamespaces":[]`):                                                 "empty array",
		startWith(`"includeNamespaces":"d"`):                                                "want an array",
		startWith(`"includeNamespaces":["d"]`):                                              "element 0: not a JSON object",
		startWith(`"includeNamespaces":[null]`):                                             "element 0: not a JSON object",
		startWith(`"includeNamespaces":[{}]`):                                               "exactly one of database",
		startWith(`"includeNamespaces":[{"database":""}]`):                                  "empty string",
		startWith(`"includeNamespaces":[{"database":"d","databaseRegex":{"pattern":"d"}}]`): "exactly one of database",
		startWith(`"includeNamespaces":[{"database":"d","collections":["c"],"collectionsRegex":{"pattern":"c"}}]`): "only one of collections",
		startWith(`"includeNamespaces":[{"database":"d","collections":[]}]`):                                       "empty array",
		startWith(`"includeNamespaces":[{"database":"d","collections":[null]}]`):                                   "got null",
		startWith(`"includeNamespaces":[{"database":"d","database":"e"}]`):                                         "there twice",
		startWith(`"includeNamespaces":[{"database":"d","collection":"c"}]`):                                       `"collection" is not known`,
		startWith(`"includeNamespaces":[{"database":"admin"}]`):                                                    "system database",
		startWith(`"includeNamespaces":[{"database":"revsync_internal"}]`):                                         "system database",
		startWith(`"includeNamespaces":[{"database":"__mdb_internal_mongosync"}]`):                                 "system database",
		startWith(`"excludeNamespaces":[{"database":"d","collections":["system.views"]}]`):                         "system collection",
		startWith(`"excludeNamespaces":[{"databaseRegex":{"options":"i"}}]`):                                       `"pattern" is missing`,
		startWith(`"excludeNamespaces":[{"databaseRegex":{"pattern":"d","options":"g"}}]`):                         "the letters are",
		startWith(`"excludeNamespaces":[{"databaseRegex":"^d"}]`):                                                  "not a JSON object",
		startWith(`"reversible":true,"enableUserWriteBlocking":"destinationOnly"`):                                 "sourceAndDestination",
		startWith(`"reversible":true,"enableUserWriteBlocking":false`):                                             "sourceAndDestination",
		startWith(`"reversible":true,"buildIndexes":"never"`):                                                      "never",
		startWith(`"reversible":true,"excludeNamespaces":[{"database":"d"}]`):                                      "excludeNamespaces",
	} {
		t.Run(body, func(t *testing.T) { requireRefused(t, lifecycle.Idle, "start", body, because) })
	}
}

func TestPlainCommandsTakeAnEmptyObjectOnly(t *testing.T) {
	for _, c := range []struct {
		state lifecycle.State
		path  string
	}{{lifecycle.Running, "pause"}, {lifecycle.Paused, "resume"}, {lifecycle.Running, "commit"}, {lifecycle.Committed, "reverse"}} {
		for body, because := range map[string]string{
			"":            "empty",
			"null":        "not a JSON object",
			"[]":          "not a JSON object",
			"{}{}":        "after the end",
			"{} x":        "after the end",
			"{":           "ends too early",
			`{"force":1}`: `"force" is not known; `,
		} {
			t.Run(c.path+" "+body, func(t *testing.T) { requireRefused(t, c.state, c.path, body, because) })
		}
	}
}

func TestPreflightBodies(t *testing.T) {
	for body, because := range map[string]string{
		"":                          "empty",
		"{}":                        `"trigger" is missing`,
		`{"trigger":"pause"}`:       `"pause" is not supported`,
		`{"trigger":""}`:            `"" is not supported`,
		`{"trigger":["start"]}`:     "want one of",
		`{"trigger":"start","x":1}`: `"x" is not known`,
	} {
		t.Run(body, func(t *testing.T) { requireRefused(t, lifecycle.Running, "preflight", body, because) })
	}
}

func TestBodySizeLimit(t *testing.T) {
	e := &scripted{state: lifecycle.Running}
	server := serve(t, e)
	fits := "{}" + strings.Repeat(" ", maxBodyBytes-2)
	requireFailure(t, call(t, server, http.MethodPost, apiPath+"pause", fits+" "), http.StatusRequestEntityTooLarge, "TooLarge")
	require.Empty(t, e.calls)
	requireSuccess(t, call(t, server, http.MethodPost, apiPath+"pause", fits))
}

func TestAnyContentType(t *testing.T) {
	for _, kind := range []string{"", "text/plain", "application/json", "application/json; charset=utf-8", "multipart/form-data; boundary=x"} {
		e := &scripted{state: lifecycle.Running}
		got := call(t, serve(t, e), http.MethodPost, apiPath+"pause", "{ }", func(r *http.Request) {
			r.Header.Del("Content-Type")
			if kind != "" {
				r.Header.Set("Content-Type", kind)
			}
		})
		requireSuccess(t, got)
		require.Equal(t, lifecycle.Paused, e.state)
	}
}

// requireRefused sends a body and sees it refused before the engine is asked.
func requireRefused(t *testing.T, state lifecycle.State, path, body, because string) {
	t.Helper()
	e := &scripted{state: state}
	got := call(t, serve(t, e), http.MethodPost, apiPath+path, body)
	requireFailure(t, got, http.StatusBadRequest, "InvalidRequest")
	require.Contains(t, got.json["errorDescription"], because)
	require.Empty(t, e.calls)
	require.Equal(t, state, e.state)
}
