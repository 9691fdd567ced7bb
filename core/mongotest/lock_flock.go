//go:build linux || darwin || freebsd

package mongotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockFile waits until this process alone holds the lock on the file at path,
// which it creates. The system frees the lock when the process ends.
func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	err = poll(ctx, 50*time.Millisecond, func() (done bool, err error) {
		unlock, err = tryLockFile(path)
		if errors.Is(err, errLocked) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return unlock, nil
}

// tryLockFile returns errLocked when another holder has the lock.
func tryLockFile(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLocked
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil
}
