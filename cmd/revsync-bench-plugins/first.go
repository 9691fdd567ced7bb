package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/revsync/revsync/checks"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// aimMillis is what the first verdict may take.
const aimMillis = 250

// firstVerdict does what the server does from its start to the verdict on a reverse, and writes a line then.
func firstVerdict(ctx context.Context, requestFile string) error {
	builtin, err := checks.Builtin(ctx)
	if err != nil {
		return err
	}
	runner := plugins.Options{Required: checks.Required()}.NewRunner(builtin)
	defer func() { _ = runner.Close(ctx) }() // the process ends
	doc, err := os.ReadFile(requestFile)
	if err != nil {
		return err
	}
	var req sdk.Request
	if err := json.Unmarshal(doc, &req); err != nil {
		return fmt.Errorf("%s: %w", requestFile, err)
	}
	report, err := runner.Bind(guest.Hosts{}).Review(ctx, nil, req)
	if err != nil {
		return err
	}
	if !report.Eligible {
		return fmt.Errorf("a healthy pair was refused: %+v", report.Findings(sdk.SeverityError))
	}
	_, err = fmt.Println("eligible")
	return err
}

// verdict is how long a process took, and the processor time it used.
type verdict struct{ millis, cpuMillis float64 }

// timeVerdict starts a process and waits for its line.
func timeVerdict(ctx context.Context, requestFile string) (v verdict, err error) {
	self, err := os.Executable()
	if err != nil {
		return v, err
	}
	cmd := exec.CommandContext(ctx, self, roleFirst, requestFile)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return v, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return v, err
	}
	_, errRead := bufio.NewReader(out).ReadString('\n')
	v.millis = millis(start)
	if err := cmd.Wait(); err != nil {
		return v, fmt.Errorf("first verdict: %w", err)
	}
	v.cpuMillis = float64((cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Microseconds()) / 1000
	return v, errRead
}
