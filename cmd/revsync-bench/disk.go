package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// checkDisk refuses to begin what the disk cannot hold. At the worst, each of
// two servers holds all data once in its files and once in its oplog, and
// indexes and checkpoints take as much again.
func checkDisk(dir string, p plan) error {
	need := 5*p.bytes() + 1<<30
	free, err := freeBytes(dir)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	case err != nil:
		return fmt.Errorf("free space of %s: %w", dir, err)
	case free < need:
		return fmt.Errorf("%s has %s free and %s may be needed; name another folder with -dir, or measure less (-short)",
			dir, megabytes(free), megabytes(need))
	}
	return nil
}

// usedBytes is the size of all files in dir; what vanishes meanwhile is not counted.
func usedBytes(dir string) (used int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // gone again: servers are at work here
		}
		if info, err := entry.Info(); err == nil {
			used += info.Size()
		}
		return nil
	})
	return used
}

func megabytes(n int64) string { return grouped(float64(n)/1e6) + " MB" }
