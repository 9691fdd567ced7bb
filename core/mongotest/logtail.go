package mongotest

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
)

// everyday matches the many lines about connections that come and go.
var everyday = regexp.MustCompile(`"s":"I", *"c":"(NETWORK|ACCESS)"`)

// logTail returns the end of a server's log as an appendix for an error.
func logTail(path string) string {
	const lines = 12
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprintf("\nno log: %v", err)
	}
	all := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	all = slices.DeleteFunc(all, everyday.Match)
	tail := all[max(0, len(all)-lines):]
	return fmt.Sprintf("\nend of %s:\n%s", path, bytes.Join(tail, []byte("\n")))
}
