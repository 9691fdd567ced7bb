package checks

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/checks/internal/checktest"
)

// Every test and every case that docs/checks.md names is there.
func TestDocumentedProofsExist(t *testing.T) {
	doc, err := os.ReadFile("../docs/checks.md")
	require.NoError(t, err)
	var tests strings.Builder
	for _, root := range []string{"../checks", "../core"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			tests.Write(text)
			return err
		}))
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(doc), -1)
	require.Greater(t, len(named), 20)
	for _, n := range named {
		require.Contains(t, tests.String(), "func "+n[1]+"(t *testing.T)")
	}
	cases := map[string]bool{}
	for _, folder := range folders {
		for _, c := range checktest.Load(t, folder) {
			cases[c.Name] = true
		}
	}
	lists := regexp.MustCompile("cases? ((?:`[a-z][^`]*`(?:, )?)+)").FindAllStringSubmatch(string(doc), -1)
	require.Greater(t, len(lists), 15)
	for _, list := range lists {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(list[1], -1) {
			require.True(t, cases[name[1]], "no case is called %q", name[1])
		}
	}
}
