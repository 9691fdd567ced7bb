package deadman_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/internal/deadman"
)

const limit = time.Second

// TestMain lets the test binary be the process that falls asleep.
func TestMain(m *testing.M) {
	if how := os.Getenv("SLEEPER"); how != "" {
		sleeper(how)
	}
	os.Exit(m.Run())
}

func sleeper(how string) {
	s, err := deadman.New()
	if err != nil || s.Arm(limit) != nil {
		os.Exit(1)
	}
	switch how {
	case "disarmed":
		err = s.Disarm()
	case "closed":
		s.Close()
	case "armed again":
		err = s.Arm(time.Hour)
	}
	if err != nil {
		os.Exit(1)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-time.After(10 * time.Millisecond) // the signal is on its way, if it was not here yet
	os.Exit(0)
}

// TestSuspended suspends processes for longer than their limit, then continues them.
func TestSuspended(t *testing.T) {
	for how, dies := range map[string]bool{"armed": true, "disarmed": false, "closed": false, "armed again": false} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), "SLEEPER="+how)
			require.NoError(t, c.Start())
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			select { // nobody continues it: only the kernel can end it
			case <-ended:
				require.True(t, dies)
			case <-time.After(3 * limit):
				require.False(t, dies, "it is suspended and alive")
				require.NoError(t, c.Process.Signal(syscall.SIGCONT))
				require.NoError(t, <-ended)
			}
			status := c.ProcessState.Sys().(syscall.WaitStatus)
			require.Equal(t, dies, status.Signaled() && status.Signal() == syscall.SIGKILL, c.ProcessState.String())
		})
	}
}
