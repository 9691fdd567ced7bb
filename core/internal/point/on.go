//go:build crashpoints

package point

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// trap is what REVSYNC_CRASH_AT asks for.
type trap struct {
	name   string
	count  int64
	signal syscall.Signal
}

var (
	armed   = parse(os.Getenv("REVSYNC_CRASH_AT"))
	reached atomic.Int64
)

func parse(s string) trap {
	t := trap{count: 1, signal: syscall.SIGKILL}
	s, stop := strings.CutPrefix(s, "stop ")
	if stop {
		t.signal = syscall.SIGSTOP
	}
	name, count, counted := strings.Cut(s, "#")
	t.name = name
	if n, err := strconv.ParseInt(count, 10, 64); counted && err == nil {
		t.count = n
	}
	return t
}

// Hit kills or suspends the process, without any clean-up, when the armed point
// is reached.
func Hit(name string) {
	if name != armed.name || reached.Add(1) != armed.count {
		return
	}
	_, _ = os.Stderr.WriteString("crash point " + name + " reached\n") // a test wants to know which of its signals this was
	continued := make(chan os.Signal, 1)
	if armed.signal == syscall.SIGSTOP {
		signal.Notify(continued, syscall.SIGCONT)
		defer signal.Stop(continued)
	}
	_ = syscall.Kill(os.Getpid(), armed.signal)
	<-continued // the signal is on its way, if it was not here yet
}
