package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins/author"
)

func TestNextSteps(t *testing.T) {
	require.Equal(t, "it's new\nnext:\n  'it'\\''s new/build.sh'\n  revsync plugin pin 'it'\\''s new'\n  revsync plugin test 'it'\\''s new'\n",
		nextSteps(author.Scaffold{Language: "c"}, "it's new"))
	require.Contains(t, nextSteps(author.Scaffold{Language: "assemblyscript"}, "new"), "next:\n  npm install --prefix new\n  new/build.sh\n")
	require.Contains(t, nextSteps(author.Scaffold{Language: "c"}, "."), "  ./build.sh\n")
	require.Contains(t, nextSteps(author.Scaffold{Language: "go"}, "new"), "begin anew with --sdk FOLDER")
	require.NotContains(t, nextSteps(author.Scaffold{Language: "go", SDK: "/sdk"}, "new"), "--sdk")
}
