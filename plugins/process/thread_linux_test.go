package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The kernel's signal comes when the thread that started a process ends: that must not be the caller's.
func TestProcessOutlivesTheThreadOfItsCaller(t *testing.T) {
	cmd := exec.Command("/bin/sleep", "600")
	cmd.SysProcAttr = attributes()
	c := newChild(cmd, nil)
	thread := startOnDyingThread(t, c)
	t.Cleanup(func() {
		require.NoError(t, c.Kill(context.Background()))
		require.Error(t, c.Wait(context.Background()))
	})
	require.Eventually(t, func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread))
		return os.IsNotExist(err)
	}, 20*time.Second, time.Millisecond)
	pid, err := strconv.Atoi(c.ID())
	require.NoError(t, err)
	require.Never(t, func() bool { return !runs(pid) }, 300*time.Millisecond, 10*time.Millisecond)
}

// startOnDyingThread starts the process from a thread that ends right after, which the first one of a process never does.
func startOnDyingThread(t *testing.T, c *child) (thread int) {
	t.Helper()
	for {
		begun := make(chan int)
		again := make(chan bool)
		failed := make(chan error, 1)
		go func() {
			runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
			begun <- syscall.Gettid()
			if <-again {
				runtime.UnlockOSThread()
				return
			}
			failed <- c.Start(context.Background())
		}()
		thread = <-begun
		again <- thread == os.Getpid()
		if thread != os.Getpid() {
			require.NoError(t, <-failed)
			return thread
		}
	}
}
