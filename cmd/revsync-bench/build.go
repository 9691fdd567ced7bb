package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// serverPackage is what is measured.
const serverPackage = "github.com/revsync/revsync/cmd/revsync"

// build makes the binary that people run, from the source around this program.
func build(ctx context.Context, path string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, serverPackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s (run this inside the repository, or name a binary with -binary): %w\n%s",
			serverPackage, err, strings.TrimSpace(string(out)))
	}
	return path, nil
}
