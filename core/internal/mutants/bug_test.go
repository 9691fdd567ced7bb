//go:build mutants

package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../.."

// bug is one planted bug.
type bug struct {
	name, about  string
	file         string // from the root of the repository
	folder, test string // the package whose test must fail, as ./path, and the test
	is, becomes  string
}

// bugs reads the folder, in the order of the names.
func bugs(t *testing.T) (out []bug) {
	t.Helper()
	files, err := filepath.Glob("bugs/*.txt")
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		b, err := parse(string(text))
		require.NoError(t, err, f)
		b.name = strings.TrimSuffix(filepath.Base(f), ".txt")
		out = append(out, b)
	}
	return out
}

func parse(text string) (b bug, err error) {
	head, rest, ok := strings.Cut(text, "--- is\n")
	if !ok {
		return b, fmt.Errorf("there is no line %q", "--- is")
	}
	if b.is, b.becomes, ok = strings.Cut(rest, "--- becomes\n"); !ok {
		return b, fmt.Errorf("there is no line %q", "--- becomes")
	}
	for line := range strings.Lines(head) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "#":
			b.about += value + " "
		case "file":
			b.file = value
		case "test":
			b.folder, b.test, _ = strings.Cut(value, " ")
		default:
			return b, fmt.Errorf("the line %q says nothing that is known", line)
		}
	}
	if b.about == "" || b.file == "" || b.test == "" {
		return b, fmt.Errorf("what it is about, the file or the test is missing")
	}
	return b, nil
}

// mutated is the file's text with the bug.
func (b bug) mutated(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, b.file))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), b.is), "the text to replace must be in %s once; has the code moved on?", b.file)
	return strings.Replace(string(text), b.is, b.becomes, 1)
}
