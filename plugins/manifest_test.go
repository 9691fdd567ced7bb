package plugins

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

func TestParseManifest(t *testing.T) {
	good := `{"apiVersion":"revsync.plugin/v1","name":"acme.m","runtime":"wasm","file":"m.wasm","sha256":"` + digest("x") + `",
	 "isolation":"inProcess","components":[{"name":"c","phases":["preReverse"],"failurePolicy":"ignore","config":{"a":1,"A":{"A":2}},"timeout":"3s",
	 "grants":[{"cluster":"any","op":"runCommand","commands":["buildInfo"]}]}]}`
	m, err := ParseManifest([]byte(good))
	require.NoError(t, err)
	require.Equal(t, "3s", must(t, m.Components[0].Timeout.MarshalText))
	for name, c := range map[string]struct{ from, to string }{
		"unknown field":           {`"isolation":"inProcess"`, `"isolated":true`},
		"unknown component field": {`"failurePolicy":"ignore"`, `"required":true`},
		"unknown grant field":     {`"op":"runCommand"`, `"op":"runCommand","all":true`},
		"another version":         {`plugin/v1`, `plugin/v2`},
		"name of the engine":      {`"name":"acme.m"`, `"name":"revsync.engine"`},
		"no name":                 {`"name":"acme.m",`, ``},
		"no runtime":              {`"runtime":"wasm",`, ``},
		"file elsewhere":          {`"file":"m.wasm"`, `"file":"../m.wasm"`},
		"file by path":            {`"file":"m.wasm"`, `"file":"/bin/m.wasm"`},
		"no file":                 {`"file":"m.wasm"`, `"file":""`},
		"the folder as file":      {`"file":"m.wasm"`, `"file":".."`},
		"no digest":               {digest("x"), ``},
		"short digest":            {digest("x"), `abcd`},
		"digest in capitals":      {digest("x"), strings.ToUpper(digest("x"))},
		"unknown isolation":       {`inProcess`, `container`},
		"policy":                  {`"ignore"`, `"maybe"`},
		"cluster of a grant":      {`"any"`, `"all"`},
		"no components":           {good[strings.Index(good, `"components"`):], `"components":[]}`},
		"component twice":         {`[{"name":"c",`, `[{"name":"c"},{"name":"c",`},
		"negative time-out":       {`"3s"`, `"-3s"`},
		"field twice":             {`"runtime":"wasm"`, `"runtime":"grpc","runtime":"wasm"`},
		"twice in another case":   {`"failurePolicy":"ignore"`, `"failurePolicy":"fail","FailurePolicy":"ignore"`},
		"twice in the config":     {`{"A":2}`, `{"A":2,"A":3}`},
		"trailing data":           {`]}]}`, `]}]} {}`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, good, c.from)
			_, err := ParseManifest([]byte(strings.Replace(good, c.from, c.to, 1)))
			require.ErrorContains(t, err, "manifest: ")
		})
	}
}

func must(t *testing.T, f func() ([]byte, error)) string {
	t.Helper()
	b, err := f()
	require.NoError(t, err)
	return string(b)
}

func TestManifestMatchesTheName(t *testing.T) {
	m := sdk.Module{Name: "acme.other", Parts: []sdk.Part{saying("c")}}
	require.ErrorContains(t, manifest().Match(m.Descriptor()), `the manifest is for "acme.m", the module calls itself "acme.other"`)
}

func TestConfigSchema(t *testing.T) {
	schema := `{"type":"object","properties":{"n":{"type":"integer"},"s":{"type":"string","enum":["a","b"]},"l":{"type":"array","items":{"type":"boolean"}},
	 "o":{"type":"object","properties":{"x":{"type":"number"}},"additionalProperties":false}},"required":["n"]}`
	for config, says := range map[string]string{
		`{"n":1}`: "", `{"n":1,"s":"a","l":[true],"o":{"x":1.5},"free":null}`: "",
		``: "config.n is missing", `null`: "config.n is missing", `{"n":1.5}`: "config.n is not of type integer", `[]`: "config is not of type object",
		`{"n":1,"s":"c"}`: "config.s is none of the allowed values", `{"n":1,"l":[1]}`: "config.l[0] is not of type boolean",
		`{"n":1,"o":{"y":1}}`: "config.o.y is not known",
	} {
		err := checkConfig(json.RawMessage(schema), json.RawMessage(config))
		if says == "" {
			require.NoError(t, err, config)
			continue
		}
		require.ErrorContains(t, err, says, config)
	}
	require.ErrorContains(t, checkConfig(json.RawMessage(`{"minimum":1}`), json.RawMessage(`1`)), "unknown field")
	require.NoError(t, checkConfig(nil, nil))
	require.Error(t, checkConfig(nil, json.RawMessage(`{}`)))
}
