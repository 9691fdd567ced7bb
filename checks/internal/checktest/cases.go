// Package checktest runs the table tests of the checks: JSON in, findings out. The same tables drive a check as Go
// code and as WASM.
package checktest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// Case is one entry of testdata/cases.json: a request, as a merge patch (RFC 7386) on testdata/base.json, and the
// findings it must lead to.
type Case struct {
	Name  string          `json:"name"`
	Patch json.RawMessage `json:"patch"`
	// Want lists all findings in order as "severity CODE cluster namespace index", without trailing empty parts.
	Want []string `json:"want"`
	// Says are texts that must appear in some finding's message or remediation.
	Says []string `json:"says"`

	Request sdk.Request `json:"-"`
}

// Load reads the cases of a check's folder.
func Load(t testing.TB, dir string) []Case {
	t.Helper()
	base, err := os.ReadFile(filepath.Join(dir, "testdata", "base.json"))
	require.NoError(t, err)
	doc, err := os.ReadFile(filepath.Join(dir, "testdata", "cases.json"))
	require.NoError(t, err)
	var cases []Case
	require.NoError(t, json.Unmarshal(doc, &cases))
	require.NotEmpty(t, cases)
	for i := range cases {
		cases[i].Request = Patched(t, base, cases[i].Patch)
	}
	return cases
}

// Patched decodes a base request with a merge patch laid over it.
func Patched(t testing.TB, base, patch json.RawMessage) (r sdk.Request) {
	t.Helper()
	var target, change any
	require.NoError(t, json.Unmarshal(base, &target))
	if len(patch) > 0 {
		require.NoError(t, json.Unmarshal(patch, &change))
		target = merge(target, change)
	}
	doc, err := json.Marshal(target)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(doc, &r))
	return r
}

func merge(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	doc, ok := target.(map[string]any)
	if !ok {
		doc = map[string]any{}
	}
	for k, v := range changes {
		if v == nil {
			delete(doc, k)
			continue
		}
		doc[k] = merge(doc[k], v)
	}
	return doc
}

// Evaluator is what a check runs as.
type Evaluator interface {
	Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error)
}

// Run evaluates every case of a check's folder and compares.
func Run(t *testing.T, dir, component string, e Evaluator) {
	for _, c := range Load(t, dir) {
		t.Run(c.Name, func(t *testing.T) {
			c.Request.Component = component
			resp, err := e.Evaluate(t.Context(), nil, &c.Request)
			require.NoError(t, err)
			require.NoError(t, resp.Validate())
			require.Equal(t, c.Want, Lines(resp.Findings))
			for _, text := range c.Says {
				require.Contains(t, Texts(resp.Findings), text)
			}
			for _, f := range resp.Findings {
				if f.Severity != sdk.SeverityInfo {
					require.NotEmpty(t, f.Remediation, "%s says what is wrong and not what to do", f.Code)
				}
			}
		})
	}
}

// Lines writes findings in the short form of Case.Want.
func Lines(findings []sdk.Finding) []string {
	lines := []string{}
	for _, f := range findings {
		parts := []string{string(f.Severity), f.Code, f.Resource.Cluster, f.Resource.Namespace, f.Resource.Index}
		lines = append(lines, strings.TrimRight(strings.Join(parts, " "), " "))
	}
	return lines
}

// Texts joins what findings say.
func Texts(findings []sdk.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.Message + "\n" + f.Remediation + "\n")
	}
	return b.String()
}
