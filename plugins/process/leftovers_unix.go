//go:build unix

package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

const (
	socketsLink   = "sockets"
	socketsPrefix = "plugin-dir" // go-plugin's
)

// noteSockets leaves a link in a module's folder to the one with its sockets. go-plugin names that and makes it, and it
// cannot lie in the module's own: a socket's path must be short.
func noteSockets(dir, sockets string) error {
	link := filepath.Join(dir, socketsLink)
	if err := os.RemoveAll(link); err != nil { // an earlier process's
		return err
	}
	return os.Symlink(filepath.Join("..", filepath.Base(sockets)), link)
}

// notedSockets is the folder that noteSockets has noted, or "". The module could have changed the link: nothing but a
// folder for sockets beside its own counts.
func notedSockets(dir string) string {
	to, err := os.Readlink(filepath.Join(dir, socketsLink))
	name := filepath.Base(to)
	path := filepath.Join(filepath.Dir(dir), name)
	if err != nil || !strings.HasPrefix(name, socketsPrefix) || folder.Check(path) != nil {
		return ""
	}
	return path
}

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
			_ = os.RemoveAll(notedSockets(path))
			_ = os.RemoveAll(path)
			_ = f.Close()
		}
	}
}
