// Package build makes checks/builtin.wasm, for the command that does it and for the test that proves that the
// committed file is what the sources make.
package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Stamp says what the committed module was built with. The same sources give the same bytes only under the same
// release of Go.
type Stamp struct {
	Go     string `json:"go"`
	SHA256 string `json:"sha256"`
}

// The files in the folder of package checks.
const (
	ModuleFile = "builtin.wasm"
	StampFile  = "builtin.json"
)

// Compile builds the module of the checks folder dir into the file out, which it makes anew. Paths, build time and
// version control leave no trace in it. The tag is for a module that loads quickly; see package sdk/guest.
func Compile(ctx context.Context, dir, out string) (Stamp, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return Stamp{}, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-tags=revsync_small",
		"-ldflags=-s -w", "-o", out, "./module")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOWASM=", "GOEXPERIMENT=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return Stamp{}, fmt.Errorf("build %s: %w\n%s", ModuleFile, err, text)
	}
	code, err := os.ReadFile(out)
	if err != nil {
		return Stamp{}, err
	}
	return StampOf(code), nil
}

// StampOf is the stamp of a module that was built by this release of Go.
func StampOf(code []byte) Stamp {
	sum := sha256.Sum256(code)
	return Stamp{Go: runtime.Version(), SHA256: hex.EncodeToString(sum[:])}
}

// ReadStamp reads the committed stamp.
func ReadStamp(dir string) (s Stamp, err error) {
	doc, err := os.ReadFile(filepath.Join(dir, StampFile))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(doc, &s)
}

// Write puts the stamp beside the module.
func (s Stamp) Write(dir string) error {
	doc, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, StampFile), append(doc, '\n'), 0o644)
}
