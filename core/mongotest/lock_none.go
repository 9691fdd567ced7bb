//go:build !(linux || darwin || freebsd)

package mongotest

import "context"

// Servers are fetched on Linux only, so nothing has to be guarded here; ports
// are guarded by the attempt to listen alone.

func lockFile(context.Context, string) (unlock func() error, err error) { return tryLockFile("") }

func tryLockFile(string) (unlock func() error, err error) {
	return func() error { return nil }, nil
}
