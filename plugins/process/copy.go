package process

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// copyName is the name of the program in the module's own folder.
const copyName = "module"

// install writes the bytes that were hashed to the module's own folder, where only this user can change them, and makes
// them a program.
func install(dir string, code []byte) (string, error) {
	path := filepath.Join(dir, copyName)
	// A process that is started while the file is open for writing would inherit it, and the system refuses to run a
	// program that somebody has open for writing ("text file busy").
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return path, os.WriteFile(path, code, 0o500) //nolint:gosec // a program has to be executable
}

// verify reads the copy again before it is run. Between this and the start nobody but this user can exchange it.
func verify(path, digest string) error {
	f, err := os.Open(path) //nolint:gosec // our own copy
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != digest {
		return fmt.Errorf("%s has digest %s and not %s any more: somebody changed the engine's own copy", path, sum, digest)
	}
	return nil
}

func digestOf(code []byte) string {
	sum := sha256.Sum256(code)
	return hex.EncodeToString(sum[:])
}
