package mongotest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const envParent = "MONGOTEST_PARENT_OF_VERSION"

// TestMain lets this test program be the parent that is killed.
func TestMain(m *testing.M) {
	if version := os.Getenv(envParent); version != "" {
		beParent(version)
	}
	os.Exit(m.Run())
}

func beParent(version string) {
	dir := os.Args[len(os.Args)-1]
	rs, err := Start(context.Background(), Options{Version: version, Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(rs.Members()[0].current().cmd.Process.Pid)
	select {} // until killed
}

func TestServersDieWithTheirParent(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"6.0.5", "6.0.27"} { // 6.0.27 is run by a script
		t.Run(version, func(t *testing.T) {
			parent := exec.Command(os.Args[0], t.TempDir())
			parent.Env = append(os.Environ(), envParent+"="+version)
			out, err := parent.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, parent.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			require.NoError(t, err, line)
			require.NoError(t, syscall.Kill(pid, 0), "mongod runs")

			require.NoError(t, parent.Process.Kill())
			require.Error(t, parent.Wait())
			require.Eventually(t, func() bool { return gone(pid) }, 20*time.Second, 10*time.Millisecond)
		})
	}
}

// gone tells whether the process has ended; a zombie that nobody has waited for
// yet has ended too.
func gone(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) {
		return true
	}
	_, state, _ := strings.Cut(string(status), ") ")
	return strings.HasPrefix(state, "Z")
}
