package process

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// awaitEnd waits until a process has ended without waiting for it in the system's sense: it keeps its number, and its
// group can still be killed. False says that this is not known here.
func awaitEnd(p *os.Process) bool {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}
