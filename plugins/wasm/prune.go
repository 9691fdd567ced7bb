package wasm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/revsync/revsync/plugins/internal/folder"
)

// compiled is the path, in the folder for compiled modules, of what one release of wazero has made of one module; without
// the module's digest in front it is of a time when they had no folders of their own. Only such files are ever removed.
var (
	compiled       = regexp.MustCompile(`^(?:([0-9a-f]{64})/)?(wazero-[^/]+)/[0-9a-f]{64}(?:\.[0-9]+\.tmp)?$`)
	compiledFolder = regexp.MustCompile(`^(?:\.|[0-9a-f]{64}|(?:[0-9a-f]{64}/)?wazero-[^/]+)$`)
)

// PruneCache removes from a folder for compiled modules (Options.CacheDir) what this program cannot use, and what belongs
// to modules that nobody has loaded for the given time, and returns how many files that were. It may run beside other
// processes that use the folder: at worst they compile again. The folders of modules stay, empty, so that none is taken
// away from somebody who is about to write to it. A folder that is not there is empty.
func PruneCache(dir string, unused time.Duration) (removed int, err error) {
	err = folder.Check(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("folder for compiled modules: %w", err)
	}
	release, err := releaseFolder()
	if err != nil {
		return 0, err
	}
	since := time.Now().Add(-unused)
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return passOverMissing(err)
		case entry.IsDir() && !compiledFolder.MatchString(path):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !isStale(dir, path, release, since) || isBeingWritten(entry):
			return nil
		}
		removed++
		return passOverMissing(os.Remove(filepath.Join(dir, filepath.FromSlash(path))))
	})
	return removed, err
}

// isStale reports whether the file is a compiled module that is of no use.
func isStale(dir, path, release string, since time.Time) bool {
	parts := compiled.FindStringSubmatch(path)
	if parts == nil {
		return false
	}
	if parts[1] == "" || parts[2] != release {
		return true
	}
	used, err := os.Stat(filepath.Join(dir, parts[1]))
	return err == nil && used.ModTime().Before(since)
}

// writingTime is longer than anybody takes to write a compiled module down.
const writingTime = time.Hour

// isBeingWritten reports whether another process, of another release maybe, may be about to give the file its name: it
// would fail to load its module if that were gone.
func isBeingWritten(entry fs.DirEntry) bool {
	if !strings.HasSuffix(entry.Name(), ".tmp") {
		return false
	}
	info, err := entry.Info()
	return err != nil || time.Since(info.ModTime()) < writingTime
}

// passOverMissing takes it that another process has removed a file before us.
func passOverMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// releaseFolder is the name of the folder in which the wazero of this program keeps what it compiles, found out by
// letting it make one.
func releaseFolder() (name string, err error) {
	dir, err := os.MkdirTemp("", "revsync-wazero-*")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if _, err := wazero.NewCompilationCacheWithDir(dir); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("wazero keeps compiled modules in %d folders; this program knows of one", len(entries))
	}
	return entries[0].Name(), nil
}
