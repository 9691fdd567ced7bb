package guest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The lists in the documentation are those of this package.
func TestDocumentedLists(t *testing.T) {
	doc, err := os.ReadFile("../../docs/plugins.md")
	require.NoError(t, err)
	_, list, ok := strings.Cut(string(doc), "of these stages at every depth: ")
	require.True(t, ok)
	list, _, _ = strings.Cut(list, " |")
	require.Equal(t, Stages(), strings.Fields(strings.ReplaceAll(list, "`", "")))
	_, table, ok := strings.Cut(string(doc), "| command | arguments |\n| --- | --- |\n")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n\n")
	var commands []string
	for row := range strings.Lines(table) {
		names, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
		commands = append(commands, strings.Fields(strings.ReplaceAll(names, "`", ""))...)
	}
	slices.Sort(commands)
	require.Equal(t, Commands(), commands)
}
