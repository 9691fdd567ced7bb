//go:build crashpoints

package point

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	armed, wanted = parse(os.Getenv("REVSYNC_CRASH_AT"))
	reached       atomic.Int64
)

func parse(s string) (string, int64) {
	name, count, ok := strings.Cut(s, "#")
	n, err := strconv.ParseInt(count, 10, 64)
	if !ok || err != nil {
		return s, 1
	}
	return name, n
}

// Hit kills the process without any clean-up when the armed point is reached.
func Hit(name string) {
	if name != armed || reached.Add(1) != wanted {
		return
	}
	_, _ = os.Stderr.WriteString("crash point " + name + " reached\n") // the test wants to know which of its kills this was
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}
