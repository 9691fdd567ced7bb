//go:build unix

package process

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/revsync/revsync/plugins/internal/folder"
)

// hold marks a module's folder as in use until the file is closed, or until this process ends in whatever way.
func hold(dir string) (*os.File, error) {
	f, err := os.Open(dir) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("mark %s as in use: %w", dir, err)
	}
	return f, nil
}

func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// leftoverAge keeps a folder that is only just being made from being taken for one that somebody has left.
const leftoverAge = time.Minute

// sweep removes the folders that killed engines of this user have left. What cannot be removed is left to the next one.
func sweep(parent string) {
	paths, err := filepath.Glob(filepath.Join(parent, folderPrefix+"*"))
	if err != nil {
		return
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || time.Since(info.ModTime()) < leftoverAge || folder.Check(path) != nil {
			continue
		}
		if f, err := hold(path); err == nil {
			_ = os.RemoveAll(path)
			_ = f.Close()
		}
	}
}
