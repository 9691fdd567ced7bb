package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestTutorial runs every command of the tutorial, in its order.
func TestTutorial(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/tutorial.md")
	require.NoError(t, err)
	blocks := shellBlock.FindAllStringSubmatch(string(doc), -1)
	require.Greater(t, len(blocks), 5)
	require.Equal(t, len(blocks)*2, strings.Count(string(doc), "```"), "every block of the tutorial is run")
	script := "set -eu\ntrap '[ -z \"${!-}\" ] || kill $! 2> /dev/null || true' EXIT\n" // the server that it starts
	for _, b := range blocks {
		script += b[1]
	}
	a, b := mongotest.Pair(t, mongotest.Options{})
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(plain.path(t))+string(os.PathListSeparator)+os.Getenv("PATH"),
		"REVSYNC="+repositoryRoot(t), "SOURCE="+a.URI(mongotest.Sync), "DESTINATION="+b.URI(mongotest.Sync))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "VERSIONS_SAME")
	require.Contains(t, string(out), "same.json: same")
	require.Contains(t, string(out), `"evaluation":{"trigger":"reverse","module":"acme.versions"`)
	require.Contains(t, string(out), `"name":"acme.versions"`, "the answer to the reload")
}
