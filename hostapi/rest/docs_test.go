package rest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

// stateFor is a state in which a request of the reference is accepted.
var stateFor = map[string]lifecycle.State{
	"start": lifecycle.Idle, "progress": lifecycle.Running, "pause": lifecycle.Running, "resume": lifecycle.Paused,
	"commit": lifecycle.Running, "reverse": lifecycle.Committed, "preflight": lifecycle.Committed, "plugins": lifecycle.Idle,
}

// TestDocumentedCurlLines runs every curl line of the reference as it stands.
// Only curl's own configuration sends the default port to the test's server.
func TestDocumentedCurlLines(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	doc, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	lines := regexp.MustCompile(`(?m)^curl .*/api/v1/(\w+).*$`).FindAllStringSubmatch(string(doc), -1)
	require.Len(t, lines, len(requests)+2, "one line for each endpoint")
	builtin := &loaded{now: []Plugin{{Name: "revsync.checks", Components: []PluginComponent{{Name: "versions"}}}}}
	builtin.next = builtin.now
	for _, line := range lines {
		t.Run(line[1], func(t *testing.T) {
			e := &scripted{state: stateFor[line[1]]}
			out, err := runCurl(t, line[0], strings.TrimPrefix(servePlugins(t, builtin, e).URL, "http://"))
			require.NoError(t, err, out)
			require.Contains(t, out, `"success":true`)
		})
	}
}

func runCurl(t *testing.T, line, server string) (string, error) {
	home := t.TempDir()
	config := fmt.Sprintf("connect-to = \"127.0.0.1:27182:%s\"\nnoproxy = \"*\"\n", server)
	require.NoError(t, os.WriteFile(filepath.Join(home, ".curlrc"), []byte(config), 0o600))
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Env = append(os.Environ(), "CURL_HOME="+home)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
