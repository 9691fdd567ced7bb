package deadman_test

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/internal/deadman"
)

const limit = 2 * time.Second

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
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-continued
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
			if !dies {
				require.Eventually(t, func() bool { return suspended(c.Process.Pid) }, time.Minute, 10*time.Millisecond)
				select { // nobody continues it: only the kernel can end it
				case err := <-ended:
					t.Fatal("it has ended: ", err)
				case <-time.After(2 * limit):
				}
				require.NoError(t, c.Process.Signal(syscall.SIGCONT))
			}
			select {
			case <-ended:
			case <-time.After(time.Minute):
				t.Fatal("it is alive")
			}
			status := c.ProcessState.Sys().(syscall.WaitStatus)
			require.Equal(t, dies, status.Signaled() && status.Signal() == syscall.SIGKILL, c.ProcessState.String())
		})
	}
}

// suspended asks the kernel.
func suspended(pid int) bool {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat") // nothing where there is no such process
	_, state, _ := strings.Cut(string(stat), ") ")                 // behind the name, which is in brackets
	return strings.HasPrefix(state, "T")
}
