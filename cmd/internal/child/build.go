package child

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// serverPackage is what operators run.
const serverPackage = "github.com/revsync/revsync/cmd/revsync"

// Build makes the binary at path from the source around this program.
func Build(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, serverPackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s (run this inside the repository, or name a binary with -binary): %w\n%s",
			serverPackage, err, strings.TrimSpace(string(out)))
	}
	return nil
}
