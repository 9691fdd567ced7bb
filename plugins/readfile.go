package plugins

import (
	"fmt"
	"io"
	"os"
)

// readTrusted reads a file of at most limit bytes that is not a link, not a device, and not writable for everybody.
// It looks at the name and at the opened file, so that the two cannot be different ones.
func readTrusted(path string, limit int64) ([]byte, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !named.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file (links are not followed)", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	opened, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(named, opened) {
		return nil, fmt.Errorf("%s changed while it was opened", path)
	}
	if err := checkMode(path, opened); err != nil {
		return nil, err
	}
	return readLimited(f, path, limit)
}

func readLimited(f *os.File, path string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}

// checkFolder refuses a folder that is a link or that everybody may write to: whoever can put a file there decides
// what the engine runs.
func checkFolder(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder (links are not followed)", path)
	}
	return checkMode(path, info)
}

const worldWritable = 0o002

func checkMode(path string, info os.FileInfo) error {
	if info.Mode().Perm()&worldWritable != 0 {
		return fmt.Errorf("%s is writable for everybody; take that away with: chmod o-w %q", path, path)
	}
	return nil
}
